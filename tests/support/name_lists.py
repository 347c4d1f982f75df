"""Two lists of names that share nothing: for training the wire's dictionary, and for measuring.

Given names are common ones; family names are put together from syllables, so nobody is meant.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NameList:
    """Given names of men and women, syllables of family names, and what roads are called."""

    men: tuple[str, ...]
    women: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]
    road: str
    hamlet: str


FLORES = NameList(
    men=tuple(
        "Yohanes Fransiskus Petrus Paulus Stefanus Yosef Antonius Aloysius Benediktus Dominikus "
        "Kristoforus Vinsensius Hendrikus Gregorius Rofinus Kanisius Blasius Fabianus Siprianus "
        "Martinus Robertus Adrianus Ferdinandus Muhammad Abdul Ahmad Ibrahim Usman Junaidi "
        "Sukardi".split()
    ),
    women=tuple(
        "Maria Theresia Yustina Veronika Agnes Katarina Elisabet Margareta Yuliana Monika "
        "Bernadeta Kristina Fransiska Regina Susana Rosalia Paulina Yasinta Hildegardis Anastasia "
        "Emiliana Siti Nur Fatimah Aminah Halimah Juleha Suryani Jumiati Rukmini".split()
    ),
    first=tuple(
        "Ja Je Ju Ba Be Da Ga Ha Ka La Lu Ma Mu Na Ngga Nda Pa Pu Ra Ru Sa Su Ta Tu Wa Ya".split()
    ),
    last=tuple(
        "bun cing dur gul hamat jang kur lut mal mut nar ngur pung rang rus sak sung tar tung "
        "yun".split()
    ),
    road="Jalan Contoh",
    hamlet="Dusun",
)
ELSEWHERE = NameList(
    men=tuple(
        "Wayan Made Nyoman Ketut Gede Putu Komang Agus Bambang Budi Dedi Eko Hadi Heru Iwan Joko "
        "Slamet Teguh Untung Wahyu Yanto Asep Cecep Dadang Ujang Tatang Rizal Fadli Hamzah "
        "Zulkifli".split()
    ),
    women=tuple(
        "Luh Kadek Ayu Dewi Endang Fitri Indah Kartika Lestari Mega Ningsih Puspita Ratna Sri "
        "Tuti Wulan Yanti Zahra Euis Neneng Cucu Imas Lilis Nining Hesti Widya Intan Citra Laila "
        "Rahmi".split()
    ),
    first=tuple(
        "Bo Bi Ce Co Di Do Fe Gi Go He Ho Ki Ko Le Li Mi Mo Ne Ni Pe Po Ri Ro Se Si Te".split()
    ),
    last=tuple(
        "bang cok dra gam hwa jil kam lem mbo ndri nyo pil pras rep sel sto tam wan zen zik".split()
    ),
    road="Gang Umpama",
    hamlet="Kampung",
)
