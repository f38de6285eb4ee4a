"""The agencies (機關) and units (單位) of the demo city; the names are real, whoever works there is not."""

from dataclasses import dataclass

SMALL_UNITS = frozenset(
    [
        "TAX-LEGAL",
        "TAX-DAAN",
        "TAX-ZS",
        "TAX-SL",
        "PWD-LAND",
        "PWD-HED",
        "PWD-PSL",
        "UDD-SURVEY",
        "UDD-RENEW",
        "LAND-INFO",
        "LAND-REG",
    ]
)
"""The units that the scale ``small`` has, too."""


@dataclass(frozen=True)
class UnitSpec:
    """One unit: how many people query there, how much beside other units, and where."""

    code: str
    name: str
    users: int
    volume: float
    letters: str = ""
    """What its document numbers begin with, when not with the agency's."""
    districts: tuple[str, ...] = ()


@dataclass(frozen=True)
class AgencySpec:
    """One agency; its first unit is where its manager, ethics officer and head sit."""

    code: str
    name: str
    kind: str
    letters: str
    units: tuple[UnitSpec, ...]


def _u(
    code: str, name: str, users: int, volume: float, letters: str = "", *districts: str
) -> UnitSpec:
    return UnitSpec(code, name, users, volume, letters, districts)


AGENCIES: tuple[AgencySpec, ...] = (
    AgencySpec(
        "TAX",
        "臺北市稅捐稽徵處",
        "tax",
        "北市稅",
        (
            _u("TAX-LEGAL", "法務科", 7, 0.7, "北市稅法"),
            _u("TAX-DAAN", "大安分處", 11, 3.0, "北市稅大安甲", "大安區"),
            _u("TAX-ZS", "中山分處", 10, 1.0, "北市稅中山乙", "中山區", "松山區"),
            _u("TAX-SL", "士林分處", 13, 2.6, "北市稅士林甲", "士林區", "北投區"),
            _u("TAX-XY", "信義分處", 12, 2.4, "北市稅信義甲", "信義區", "南港區"),
            _u("TAX-LAND", "土地稅科", 24, 1.0, "北市稅土"),
            _u("TAX-HOUSE", "房屋稅科", 16, 3.0, "北市稅房"),
        ),
    ),
    AgencySpec(
        "PWD",
        "臺北市政府工務局",
        "works",
        "北市工",
        (
            _u("PWD-LAND", "用地科", 10, 2.2, "北市工用"),
            _u("PWD-HED", "水利工程處", 5, 1.0, "北市工水"),
            _u("PWD-PSL", "公園路燈工程管理處", 4, 1.0, "北市工公"),
            _u("PWD-NCO", "新建工程處", 14, 2.0, "北市工新"),
            _u("PWD-GEO", "大地工程處", 8, 0.9, "北市工地", "文山區", "士林區", "北投區"),
        ),
    ),
    AgencySpec(
        "UDD",
        "臺北市政府都市發展局",
        "plan",
        "北市都",
        (
            _u("UDD-SURVEY", "都市測量科", 9, 1.4, "北市都測"),
            _u("UDD-RENEW", "都市更新處", 12, 2.3, "北市都新"),
            _u("UDD-PLAN", "都市規劃科", 9, 1.1, "北市都規"),
            _u("UDD-HOUSE", "住宅企劃科", 7, 0.6, "北市都企"),
            _u("UDD-BLDG", "建築管理工程處", 15, 2.6, "北市都建"),
        ),
    ),
    AgencySpec(
        "LAND",
        "臺北市政府地政局",
        "land",
        "北市地",
        (
            _u("LAND-INFO", "資訊室", 5, 1.0, "北市地資"),
            _u("LAND-REG", "土地登記科", 11, 2.0, "北市地登"),
            _u("LAND-VALUE", "地價科", 22, 1.0, "北市地價"),
            _u("LAND-RIGHT", "地權及不動產交易科", 9, 1.3, "北市地權"),
            _u("LAND-DEV", "土地開發總隊", 13, 1.9, "北市地發"),
            _u("LAND-AA", "古亭地政事務所", 10, 1.5, "北市古地登", "中正區", "文山區"),
            _u("LAND-AB", "建成地政事務所", 10, 1.3, "北市建地登", "萬華區", "大同區", "中正區"),
            _u("LAND-AC", "中山地政事務所", 11, 1.6, "北市中地登", "中山區", "內湖區"),
            _u("LAND-AD", "松山地政事務所", 12, 1.7, "北市松地登", "松山區", "南港區", "信義區"),
            _u("LAND-AE", "士林地政事務所", 11, 1.5, "北市士地登", "士林區", "北投區"),
            _u("LAND-AF", "大安地政事務所", 10, 1.4, "北市安地登", "大安區"),
        ),
    ),
    AgencySpec(
        "CIV",
        "臺北市政府民政局",
        "civil",
        "北市民",
        (
            _u("CIV-RELIG", "宗教禮俗科", 6, 0.4, "北市民宗"),
            _u("CIV-MORT", "殯葬管理處", 7, 0.5, "北市殯墓"),
        ),
    ),
    AgencySpec(
        "SOC",
        "臺北市政府社會局",
        "social",
        "北市社",
        (
            _u("SOC-AID", "社會救助科", 13, 1.9, "北市社助"),
            _u("SOC-DIS", "身心障礙者福利科", 9, 1.0, "北市社障"),
            _u("SOC-ELDER", "老人福利科", 9, 0.9, "北市社老"),
        ),
    ),
    AgencySpec(
        "FIN",
        "臺北市政府財政局",
        "estate",
        "北市財",
        (
            _u("FIN-ESTATE", "財產管理科", 9, 1.1, "北市財產"),
            _u("FIN-DEV", "非公用財產開發科", 8, 0.9, "北市財開"),
        ),
    ),
    AgencySpec(
        "DOT",
        "臺北市政府交通局",
        "works",
        "北市交",
        (
            _u("DOT-PARK", "停車管理工程處", 8, 0.7, "北市停營"),
            _u("DOT-PLAN", "綜合規劃科", 6, 0.4, "北市交綜"),
        ),
    ),
    AgencySpec(
        "EPB",
        "臺北市政府環境保護局",
        "enforce",
        "北市環",
        (
            _u("EPB-PATROL", "環保稽查大隊", 10, 0.8, "北市環稽"),
            _u("EPB-WATER", "水質病媒管制科", 7, 0.5, "北市環水"),
        ),
    ),
    AgencySpec(
        "POL",
        "臺北市政府警察局",
        "enforce",
        "北市警",
        (
            _u("POL-CID", "刑事警察大隊", 12, 1.2, "北市警刑大"),
            _u("POL-DAAN", "大安分局", 8, 0.6, "北市警安分", "大安區"),
        ),
    ),
    AgencySpec(
        "EDU",
        "臺北市政府教育局",
        "estate",
        "北市教",
        (_u("EDU-ESTATE", "工程及財產科", 8, 0.6, "北市教工"),),
    ),
    AgencySpec(
        "CUL",
        "臺北市政府文化局",
        "estate",
        "北市文",
        (_u("CUL-HERIT", "文化資產科", 8, 0.7, "北市文化文資"),),
    ),
    AgencySpec(
        "ECO",
        "臺北市政府產業發展局",
        "enforce",
        "北市產業",
        (
            _u("ECO-FARM", "農業發展科", 7, 0.6, "北市產業農", "士林區", "北投區", "文山區"),
            _u("ECO-TRADE", "工商服務科", 7, 0.5, "北市產業工"),
        ),
    ),
    AgencySpec(
        "LEG",
        "臺北市政府法務局",
        "enforce",
        "北市法",
        # An agency without units has one unit of its own, named as itself.
        (_u("LEG-SELF", "臺北市政府法務局", 9, 0.7, "北市法保"),),
    ),
    AgencySpec(
        "DODA",
        "臺北市大安區公所",
        "social",
        "北市安",
        (
            _u("DODA-SOC", "社會課", 8, 0.8, "北市安社", "大安區"),
            _u("DODA-ECON", "經建課", 6, 0.5, "北市安經", "大安區"),
        ),
    ),
    AgencySpec(
        "DOSL",
        "臺北市士林區公所",
        "social",
        "北市士",
        (
            _u("DOSL-SOC", "社會課", 8, 0.8, "北市士社", "士林區"),
            _u("DOSL-ECON", "經建課", 7, 0.6, "北市士經", "士林區"),
        ),
    ),
)
