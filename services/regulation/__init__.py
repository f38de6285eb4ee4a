"""The rule as dated data and pure functions.

Nothing here touches a database, a clock or Streamlit: dates and counts come in as arguments.
Clause ids are ``point.(paragraph).item`` of 臺北市政府各機關使用地籍資料管理作業規範.
"""
