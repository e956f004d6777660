"""What names that people and models write stand for: words of several languages, brought to one.

Names are compared as sets of words, so that ``renal_artery_left``, ``Left renal a.`` and ``A. renalis links`` are one
name. A word that is not known here makes a name unknown: ``aorta thrombus`` is no aorta, and ``soft plaque`` no
calcification.
"""

from __future__ import annotations

import re
import unicodedata

# Each word of the program, and how people write it (lower case, without accents).
_SPELLINGS = {
    "artery": "artery arteries arteria arteriae arterias arterie arterien arteri arterial art a aa artere arteres"
    " slagader slagaders schlagader",
    "aorta": "aorta aortic aorte aortae",
    "abdominal": "abdominal abdominalis abdominale abdominell abdomen",
    "celiac": "celiac coeliac celiaca celiaco celiacus coeliacus coeliaca coeliaque celiaque",
    "trunk": "trunk truncus tronc tronco axis",
    "superior": "superior superiore superieure sup",
    "inferior": "inferior inferiore inferieure inf",
    "mesenteric": "mesenteric mesenterica mesenterique mesenterial mesenterialis",
    "renal": "renal renalis renale renales renali renaux",
    "common": "common communis comun comune commune comum",
    "iliac": "iliac iliaca iliacas iliaque iliaques ilica",
    "left": "left l lt li links linke linker linkes sinistra sinistro sinister sinistrum sin sx gauche izquierda"
    " izquierdo esquerda esquerdo vanster venstre",
    "right": "right r rt re rechts rechte rechter rechtes dextra dexter dextrum dx destra destro droite droit derecha"
    " derecho direita direito hoger højre høyre",
    "both": "both bilateral beide beidseits",
    "sma": "sma ams",
    "ima": "ima ami",
    "calcification": "calc calcs calcif calcifs calcification calcifications calcified calcific calcium calcaire"
    " calcifie calcifiee calcifies calcifiees calcificacion calcificaciones calcificado calcificada calcificadas"
    " calcio calcificacao calcificacoes calcificazione calcificazioni calcificata calcificate calcificato"
    " kalk kalzium kalzifikation kalzifikationen kalzifizierung kalzifizierungen kalzifiziert kalzifizierte"
    " verkalkung verkalkungen verkalkt verkalkte kalkplaque kalkplaques gefasskalk"
    " verkalking verkalkingen forkalkning forkalkningar forkalkninger kalsium kalsifikasyon kalsifikasyonlar"
    " zwapnienie zwapnienia kalcifikace kalkki kalkkeuma kalkkeumat kalkkiutuma kalkkiutumat meszesedes"
    " кальцинат кальцинаты кальцификация кальцификаты кальции 钙化 鈣化 钙化斑块 石灰化 석회화",
    "plaque": "plaque plaques placa placas placca placche бляшка бляшки 斑块",
    # What stands beside calcification without changing it.
    "lesion": "lesion lesions deposit deposits vascular wall arteriosclerotic atherosclerotic hard",
    "": "and und et y e of the in de del della des du da la le les di der die das mask masks maske label"
    " seg segment segmentation",
}
# Words written together.
_COMPOUNDS = {
    "nierenarterie": "renal artery",
    "nierenarterien": "renal artery",
    "nierslagader": "renal artery",
    "bauchaorta": "abdominal aorta",
    "beckenarterie": "iliac artery",
    "beckenarterien": "iliac artery",
    "mesenterialarterie": "mesenteric artery",
}
# Words of names that are no calcification, whatever else they say.
_OTHER = """
    non not no without ohne sans soft fibrous lipid noncalcified
    liver leber foie higado fegato hepatic hepatica spleen milz bazo splenic lienalis kidney kidneys niere nieren
    rein rinon rene lung lungs lunge lungen lobe bone bones knochen os hueso osso rib ribs rippe rippen vertebra
    vertebrae vertebral wirbel spine wirbelsaule sacrum sternum skull femur femoral humerus scapula clavicula hip hufte
    costal cartilage heart herz coeur corazon cuore coronary stomach magen bowel colon duodenum darm pancreas pankreas
    gallbladder gallenblase bladder blase adrenal muscle muscles muskel autochthon iliopsoas psoas gluteus brain gehirn
    prostate prostata esophagus trachea thyroid vein veins vena venae vene cava portal pulmonary carotid subclavian
    external internal fat fett skin haut body tumor tumour cyst zyste lymph node nodes thrombus stent clip catheter
    metal
"""
_NOT_CALCIFIED = frozenset(_OTHER.split())
_MEANT = {word: meant for meant, spelt in _SPELLINGS.items() for word in spelt.split()}
_NUMBER = "#"
_CALCIFIED = frozenset({"calcification", "plaque"})
_SIDES = frozenset({"left", "right", "both"})
_ARTERIAL = frozenset(_SPELLINGS) - _CALCIFIED - {"", "lesion"}
# Known without a word that says artery or side; "renal" alone may as well be a kidney.
_ALONE = frozenset({"aorta", "sma", "ima"})
_WORD = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def normalized(name: str) -> str:
    """Return `name` as names are compared letter by letter: lower case, words joined by underscores."""
    return "_".join(name.lower().replace("-", " ").replace("_", " ").split())


def artery_words(name: str) -> frozenset[str]:
    """Return the words by which an artery is known; empty where `name` has one that names of arteries have not.

    Names of one artery give the same words, whatever their language and order.
    """
    words = _words(name)
    if not words <= _ARTERIAL:
        return frozenset()
    telling = words - {"artery"}
    return words if len(telling) == 1 and not telling & _ALONE else telling


def without_side(words: frozenset[str]) -> frozenset[str] | None:
    """Return the words of :func:`artery_words` for the artery of both sides where `words` name both, else None."""
    if not ("both" in words or {"left", "right"} <= words):
        return None
    telling = words - _SIDES - {"artery"}
    return telling | {"artery"} if len(telling) == 1 else telling


def is_calcification_name(name: str) -> bool:
    """Return whether `name` says calcification, and nothing else but where it lies and a number."""
    words = _words(name)
    return bool(words & _CALCIFIED) and words <= _ARTERIAL | _CALCIFIED | {"lesion", _NUMBER}


def names_something_else(name: str) -> bool:
    """Return whether `name` says that it is no calcification: an organ, an artery, a soft plaque."""
    if is_calcification_name(name):
        return False
    return bool(names_other_tissue(name) or _words(name) & (_ARTERIAL - _SIDES))


def names_other_tissue(name: str) -> bool:
    """Return whether a word of `name` is that of an organ, a vein, or another thing that no artery is called after."""
    return bool(_NOT_CALCIFIED & set(_spelt(name)))


def plain_words(name: str) -> frozenset[str]:
    """Return the words of `name` as they are written, in lower case and without accents; numbers are left out."""
    return frozenset(word for word in _spelt(name) if not word.isdecimal())


def side_of(name: str) -> str | None:
    """Return ``left`` or ``right`` where `name` says one of them in a word, else None.

    A single letter is no word here: vertebrae are called L5.

    Examples
    --------
    >>> side_of("kidney_left"), side_of("Niere rechts"), side_of("vertebrae_L5")
    ('left', 'right', None)
    """
    said = {_MEANT.get(word) for word in plain_words(name) if len(word) > 1} & {"left", "right"}
    return said.pop() if len(said) == 1 else None


def without_its_side(name: str) -> frozenset[str]:
    """Return the words of `name`, numbers included, but for those that say a side: alike for left and right."""
    return frozenset(word for word in _spelt(name) if len(word) < 2 or _MEANT.get(word) not in _SIDES)


def _spelt(name: str) -> list[str]:
    """Return the words of `name` in lower case without accents, and its numbers."""
    apart = unicodedata.normalize("NFKD", _CAMEL.sub(" ", name).replace("œ", "oe"))
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return _WORD.findall(unicodedata.normalize("NFC", plain).casefold())


def _words(name: str) -> frozenset[str]:
    """Return the words of `name` as the program calls them; unknown ones stay as they are."""
    spelt = (word for each in _spelt(name) for word in _COMPOUNDS.get(each, each).split())
    return frozenset(_NUMBER if word.isdecimal() else _MEANT.get(word, word) for word in spelt) - {""}
