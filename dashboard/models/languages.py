"""The languages that the service reads (fact sheet 3.4): its spelling, how people write them, and their own names."""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the service.

    Attributes:
        code: as the service spells it, mistakes included.
        name: in English.
        own: as its speakers write it; the same as ``name`` where we do not know better.
    """

    code: str
    name: str
    own: str

    @property
    def title(self) -> str:
        """Both names, to be chosen and searched by."""
        return self.name if self.own == self.name else f"{self.name} · {self.own}"


_SAID = """
Afrikaans||Afrikaans
Albanian||Shqip
Arabic||العربية
Awadhi||अवधी
Azerbaijani||Azərbaycanca
Belorussian|Belarusian|Беларуская
Bemba||Ichibemba
Bengali||বাংলা
Betawi||
Bhojpuri||भोजपुरी
Bikol||
Bosnian||Bosanski
Bouyei||Buxqyaix
Bulgarian||Български
Cantonese||粵語
Catalan||Català
Cebuano||Sinugbuanon
Chattisgarhi|Chhattisgarhi|छत्तीसगढ़ी
Chechen||Нохчийн
Chichewa||Chicheŵa
Chinese||中文
Croatian||Hrvatski
Czech||Čeština
Danish||Dansk
Devanagari||देवनागरी
Dhundari||ढूंढाड़ी
Dimli||Zazakî
Dong||
Dutch||Nederlands
English||
Estonian||Eesti
Finnish||Suomi
French||Français
Galician||Galego
Gan||贛語
Garhwali||गढ़वळि
Georgian||ქართული
German||Deutsch
Gilaki||گیلکی
Greek||Ελληνικά
Gusii||Ekegusii
HWT_ENG|English, handwritten|
Hakka||客家話
Haryanvi||हरियाणवी
Hausa||
Hebrew||עברית
Hiligaynon||Ilonggo
Hindi||हिन्दी
Hmong||Hmoob
Hungarian||Magyar
Ilocano||Ilokano
Indonesian||Bahasa Indonesia
Italian||Italiano
Japanese||日本語
Javanese||Basa Jawa
Kabardian||Адыгэбзэ
Kanauji|Kannauji|कन्नौजी
Kannada||ಕನ್ನಡ
Kanuri||
Kapampangan||
Kazah|Kazakh|Қазақша
Kiche||
Kikongo||
Konkani||कोंकणी
Korean||한국어
Kumauni|Kumaoni|कुमाऊँनी
Kurdish||Kurdî
Lamani||
Latin||Latina
Latvian||Latviešu
Lithuanian||Lietuvių
Low_German|Low German|Plattdüütsch
Luguru||
Luo||Dholuo
Macedonian||Македонски
Magahi||मगही
Maithili||मैथिली
Makassar||
Makua||Emakhuwa
Malagasy||
Malay||Bahasa Melayu
Malvi||माळवी
Marathi||मराठी
Marwari||मारवाड़ी
Meru||Kĩmĩrũ
Mewari||मेवाड़ी
Mewati||मेवाती
Min_Bei|Min Bei|閩北語
Min_Dong|Min Dong|閩東語
Min_Nan|Min Nan|閩南語
Minangkabau||Baso Minangkabau
Muong||Mường
Musi||
Nandi||
Ndebele||isiNdebele
Nepali||नेपाली
Netherlands|Dutch (Netherlands)|Nederlands
Norwegian||Norsk
Occitan||
Oromo||Afaan Oromoo
Palembang||
Pangasinan||
Persian||فارسی
Polish||Polski
Portuguese||Português
Pu_Xian|Pu-Xian|莆仙語
Quechua||Runa Simi
Rajbanshi||राजबंशी
Romanian||Română
Russian||Русский
Rwanda|Kinyarwanda|Ikinyarwanda
Sasak||
Serbian||Српски
Serbo_Croatian|Serbo-Croatian|Srpskohrvatski
Serer_Sine|Serer|Seereer
Shona||chiShona
Slovak||Slovenčina
Slovene||Slovenščina
Somali||Soomaali
Sotho_Northern|Northern Sotho|Sesotho sa Leboa
Sotho_Southern|Southern Sotho|Sesotho
Spanish||Español
Sukuma||Kisukuma
Sundanese||Basa Sunda
Swahili||Kiswahili
Swati||siSwati
Swedish||Svenska
Tagalog||
Tamil||தமிழ்
Telugu||తెలుగు
Thai||ไทย
Tibetan||བོད་སྐད་
Tonga||
Tsonga||Xitsonga
Tswana||Setswana
Tumbuka||chiTumbuka
Turkish||Türkçe
Turkmen||Türkmençe
Ukrainan|Ukrainian|Українська
Umbundu||
Urdu||اردو
Uyghur||ئۇيغۇرچە
Uzbek||O'zbekcha
Vietnamese||Tiếng Việt
Wagdi||
Waray_Waray|Waray|
Wolaytta||
Wu||吳語
Xhosa||isiXhosa
Xiang||湘語
Yao||Chiyao
Yoruba||Yorùbá
Zhuang||Vahcuengh
Zulu||isiZulu
"""

SPELL_CHECKED = frozenset(
    [
        *(
            "Croatian",
            "Czech",
            "Danish",
            "Dutch",
            "English",
            "Estonian",
            "Finnish",
            "French",
            "German",
            "HWT_ENG",
        ),
        *(
            "Italian",
            "Latvian",
            "Norwegian",
            "Polish",
            "Portuguese",
            "Serbian",
            "Slovak",
            "Slovene",
            "Spanish",
        ),
        "Swedish",
    ]
)
"""Those for which there is a spell check."""


def _language(line: str) -> Language:
    code, name, own = line.split("|")
    name = name or code
    return Language(code, name, own or name)


LANGUAGES: tuple[Language, ...] = tuple(map(_language, _SAID.split("\n")[1:-1]))
"""All of them, in the order of the service's list."""


def find_language(given: str) -> Language | None:
    """A language by the service's spelling or by one of its names, in whatever case; None when there is no such one."""
    return _by_name().get(given.strip().casefold())


@cache
def _by_name() -> dict[str, Language]:
    found = {name.casefold(): it for it in LANGUAGES for name in (it.own, it.name)}
    return found | {it.code.casefold(): it for it in LANGUAGES}
