(() => {
  if (window.keepsUnsent) return;
  window.keepsUnsent = true;
  const MARK = "st-key-unsent_";
  const fields = () => document.querySelectorAll(`[class*="${MARK}"] :is(input, textarea)`);
  const nameOf = (field) =>
    [...field.closest(`[class*="${MARK}"]`).classList].find((name) => name.startsWith(MARK));
  const write = (field, words) => {
    // React learns of a value only through the setter of the browser's own class.
    const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set;
    setter.call(field, words);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const putBack = () => {
    for (const field of fields()) {
      const name = nameOf(field);
      if (field.dataset.unsent === name) continue;
      field.dataset.unsent = name;
      const words = sessionStorage.getItem(name);
      if (!words || field.value) continue;
      write(field, words);
      // React may show the field empty once more before it takes the words in: they stay kept.
      sessionStorage.setItem(name, words);
    }
  };
  document.addEventListener("input", (event) => {
    if (!event.target.closest(`[class*="${MARK}"]`)) return;
    sessionStorage.setItem(nameOf(event.target), event.target.value);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".st-key-sign_out")) return;
    Object.keys(sessionStorage).filter((name) => name.startsWith(MARK))
      .forEach((name) => sessionStorage.removeItem(name));
  });
  new MutationObserver(putBack).observe(document.body, { childList: true, subtree: true });
  putBack();
})();
