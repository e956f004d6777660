"""What tissue the name of a structure stands for: names of atlases, of TotalSegmentator, and of people."""

from __future__ import annotations

from enum import IntEnum, unique

from ...anatomy import territories_of_name
from ...names import artery_words, is_calcification_name, plain_words


@unique
class Tissue(IntEnum):
    """What is painted alike. The values are those of the map of tissues."""

    OUTSIDE = 0  # not labelled: fat, skin and whatever was not drawn inside the body, and air
    ARTERY = 1
    SYSTEMIC_VEIN = 2
    RENAL_VEIN = 3
    PORTAL_VEIN = 4
    HEART = 5
    LUNG = 6
    AIRWAY = 7
    LIVER = 8
    SPLEEN = 9
    PANCREAS = 10
    ADRENAL = 11
    KIDNEY = 12
    FLUID = 13  # cysts, bile, urine
    GUT = 14
    MUSCLE = 15
    BONE = 16
    DISC = 17
    CARTILAGE = 18
    NERVE = 19  # cord, brain and the canal around them
    GLAND = 20
    SOFT = 21
    FAT = 22
    SKIN = 23
    BODY = 24  # everything within the skin that has no label of its own
    REPLACED = 25  # what becomes its neighbourhood: calcium, which this program paints itself
    NOTHING = 26  # said to be nothing: as not labelled
    LIMB = 27  # bones of the arms, which may lie beside the body


# Which words a name must have, the first that fit: single words, or several joined by "+". Words of the languages in
# which people name segments; the English ones are those of TotalSegmentator v2 and of the SPL atlas among others.
_WORDS: tuple[tuple[Tissue, str], ...] = (
    (Tissue.NOTHING, "background nothing exterior hintergrund"),
    (Tissue.SOFT, "thrombus tumor tumour lesion lymph mesentery ligament fascia nerve"),
    (Tissue.HEART, "pulmonary"),
    (Tissue.PORTAL_VEIN, "portal+vein portal+veins splenic+vein mesenteric+vein vena+portae vena+lienalis pfortader"
                         " vena+mesenterica hepatica+portal"),
    (Tissue.RENAL_VEIN, "renal+vein renal+veins vena+renalis nierenvene"),
    (Tissue.SYSTEMIC_VEIN, "vein veins vena venae vene venen cava ivc svc hohlvene"),
    (Tissue.FLUID, "gallbladder gallenblase vesicula gall bile cyst cysts zyste renal+pelvis kidney+pelvis ureter"
                   " ureters harnleiter bladder blase harnblase vejiga vessie urinary urine nierenbecken csf ascites"
                   " effusion"),
    (Tissue.DISC, "disc discs disk disks bandscheibe intervertebraldisc intervertebral"),
    (Tissue.CARTILAGE, "cartilage cartilages costal+cartilage knorpel"),
    (Tissue.NERVE, "cord canal myelon brain gehirn cerebrum spinalkanal"),
    (Tissue.MUSCLE, "muscle muscles musculus muskel muskeln gluteus psoas iliopsoas autochthon erector oblique obliquus"
                    " rectus+abdominis quadratus iliacus diaphragm zwerchfell transversus multifidus sartorius"
                    " quadriceps adductor obturator piriformis deltoid pectoralis trapezius latissimus serratus"
                    " crus crura"),
    (Tissue.LIMB, "humerus ulna radius carpal hand oberarmknochen"),
    (Tissue.BONE, "bone bones vertebra vertebrae vertebral wirbel wirbelkorper spine wirbelsaule sacrum coccyx pelvis"
                  " hip femur rib ribs rippe rippen sternum skull scapula clavicula clavicle lumbar cervical"
                  " sacral ilium ischium pubis tibia fibula patella knochen becken hueso os osso vertebre"
                  " sacro kreuzbein oberschenkelknochen"),
    (Tissue.LUNG, "lung lungs lunge lungen pulmo poumon pulmon"),
    (Tissue.AIRWAY, "trachea bronchus bronchi airway"),
    (Tissue.HEART, "heart atrium atrial ventricle myocardium herz coeur corazon cuore"),
    (Tissue.LIVER, "liver leber foie higado fegato hepar"),
    (Tissue.SPLEEN, "spleen milz bazo rate lien"),
    (Tissue.PANCREAS, "pancreas pankreas"),
    (Tissue.ADRENAL, "adrenal adrenals nebenniere suprarenal"),
    (Tissue.KIDNEY, "kidney kidneys niere nieren rein rinon rene"),
    (Tissue.GUT, "colon bowel ileum jejunum duodenum stomach rectum sigmoid cecum caecum intestine intestines darm"
                 " dunndarm dickdarm magen oesophagus esophagus speiserohre estomac estomago intestin appendix gut"),
    (Tissue.GLAND, "thyroid prostate prostata uterus ovary ovaries schilddruse gland"),
    (Tissue.SOFT, "soft testis penis breast mediastinum"),
    (Tissue.FAT, "fat fett adipose subcutaneous graisse grasa grasso"),
    (Tissue.SKIN, "skin haut peau piel pelle"),
    (Tissue.AIRWAY, "air gas luft"),
    (Tissue.BODY, "body torso trunc korper corps cuerpo corpo"),
    (Tissue.BONE, "thoracic brustwirbel lendenwirbel halswirbel"),
)  # fmt: skip
_PATTERNS = tuple(
    (tissue, frozenset(pattern.split("+"))) for tissue, patterns in _WORDS for pattern in patterns.split()
)
_ARTERIAL_WORDS = (
    "artery arteries arteria arteriae arterie arterien artere arterial aorta aortic trunk truncus carotid subclavian"
    " slagader"
)
_ARTERIAL = frozenset(_ARTERIAL_WORDS.split())
_NO_BLOOD = frozenset({"thrombus", "wall", "stent", "graft", "plaque"})


def tissue_of_name(name: str) -> Tissue | None:
    """Return the tissue that a structure called `name` is of; None where the name is not understood.

    Arteries come first: those that are measured (:func:`anatomy.territories_of_name`) and all others.

    Examples
    --------
    >>> tissue_of_name("left_renal_artery").name, tissue_of_name("right_renal_pelvis").name
    ('ARTERY', 'FLUID')
    >>> tissue_of_name("vertebrae_L5").name, tissue_of_name("gizmo")
    ('BONE', None)
    """
    if is_calcification_name(name):
        return Tissue.REPLACED
    if is_artery(name):
        return Tissue.ARTERY
    words = plain_words(name)
    for tissue, pattern in _PATTERNS:
        if pattern <= words:
            return tissue
    return None


def is_artery(name: str) -> bool:
    """Return whether a structure called `name` is an artery, whether it is measured or not."""
    words = plain_words(name)
    if words & _NO_BLOOD or "pulmonary" in words:
        return False
    # A name of abbreviations alone, such as "A. renalis", is an artery where it is one that is measured.
    return bool(territories_of_name(name) or words & _ARTERIAL or "artery" in artery_words(name))
