<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en_US">
<context>
    <name>AbdominalCalcification</name>
    <message>
        <source>Inputs</source>
        <translation>Eingaben</translation>
    </message>
    <message>
        <source>CT volume:</source>
        <translation>CT-Volumen:</translation>
    </message>
    <message>
        <source>Contrast-enhanced CT of the abdomen, in Hounsfield units.</source>
        <translation>Kontrastmittel-CT des Abdomens, in Hounsfield-Einheiten.</translation>
    </message>
    <message>
        <source>Choose a CT volume</source>
        <translation>CT-Volumen wählen</translation>
    </message>
    <message>
        <source>Arteries from:</source>
        <translation>Arterien aus:</translation>
    </message>
    <message>
        <source>Where the artery masks come from.</source>
        <translation>Woher die Masken der Arterien kommen.</translation>
    </message>
    <message>
        <source>Model folders:</source>
        <translation>Modellordner:</translation>
    </message>
    <message>
        <source>nnU-Net v2 model folders; several are merged by label name. Separate them with &apos;;&apos;.</source>
        <translation>Modellordner von nnU-Net v2; mehrere werden nach den Namen ihrer Labels vereint. Mit „;“ trennen.</translation>
    </message>
    <message>
        <source>nnU-Net v2 folders, separated by ;</source>
        <translation>nnU-Net-v2-Ordner, getrennt durch ;</translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation>Ordner wählen</translation>
    </message>
    <message>
        <source>Calcification from:</source>
        <translation>Verkalkung aus:</translation>
    </message>
    <message>
        <source>Where the calcification mask comes from.</source>
        <translation>Woher die Maske der Verkalkung kommt.</translation>
    </message>
    <message>
        <source>Model folder:</source>
        <translation>Modellordner:</translation>
    </message>
    <message>
        <source>nnU-Net v2 model folder with a label &apos;calcification&apos;.</source>
        <translation>Modellordner von nnU-Net v2 mit einem Label „calcification“.</translation>
    </message>
    <message>
        <source>nnU-Net v2 folder</source>
        <translation>nnU-Net-v2-Ordner</translation>
    </message>
    <message>
        <source>Label names:</source>
        <translation>Namen der Labels:</translation>
    </message>
    <message>
        <source>What labels of these models mean whose names are not understood, as in my_aorta=aorta, lumen_l=renal_left.</source>
        <translation>Was Labels dieser Modelle bedeuten, deren Namen nicht verstanden werden, etwa my_aorta=aorta, lumen_l=renal_left.</translation>
    </message>
    <message>
        <source>only for names that are not understood: NAME=TERRITORY, …</source>
        <translation>nur für Namen, die nicht verstanden werden: NAME=TERRITORY, …</translation>
    </message>
    <message>
        <source>Threshold:</source>
        <translation>Schwellenwert:</translation>
    </message>
    <message>
        <source>&apos;realistic&apos; takes a threshold from the lumen of this case (&apos;realistic:1.5&apos; changes its factor); &apos;fixed:300&apos; is 300 HU.</source>
        <translation>„realistic“ leitet den Schwellenwert aus dem Lumen dieses Falls ab („realistic:1.5“ ändert den Faktor); „fixed:300“ heißt 300 HE.</translation>
    </message>
    <message>
        <source>realistic, realistic:FACTOR or fixed:HU</source>
        <translation>realistic, realistic:FAKTOR oder fixed:HE</translation>
    </message>
    <message>
        <source>Artery masks:</source>
        <translation>Arterienmasken:</translation>
    </message>
    <message>
        <source>One segment per artery. Run writes them here; the arteries of a segmentation of your own can be measured too.</source>
        <translation>Ein Segment je Arterie. „Starten“ schreibt sie hierher; auch die Arterien einer eigenen Segmentierung können gemessen werden.</translation>
    </message>
    <message>
        <source>Made by Run</source>
        <translation>Entsteht beim Starten</translation>
    </message>
    <message>
        <source>Calcification mask:</source>
        <translation>Verkalkungsmaske:</translation>
    </message>
    <message>
        <source>The calcified voxels. Run writes them here; a segmentation of your own can be measured too.</source>
        <translation>Die verkalkten Voxel. „Starten“ schreibt sie hierher; auch eine eigene Segmentierung kann gemessen werden.</translation>
    </message>
    <message>
        <source>Segment what is needed, then measure.</source>
        <translation>Segmentieren, was noch fehlt, dann messen.</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Starten</translation>
    </message>
    <message>
        <source>Stop at once; the scene stays as it is.</source>
        <translation>Sofort anhalten; die Szene bleibt, wie sie ist.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>A segment of a chosen mask whose name and terminology say nothing that is measured.</source>
        <translation>Ein Segment einer gewählten Maske, dessen Name und Terminologie nichts besagen, was gemessen wird.</translation>
    </message>
    <message>
        <source>Say what the segment is; it is kept with the segment.</source>
        <translation>Angeben, was das Segment ist; die Angabe bleibt beim Segment.</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>Nothing measured yet.</source>
        <translation>Noch nichts gemessen.</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>Hinweise</translation>
    </message>
    <message>
        <source>Show arteries (translucent), calcification and cut-off ends (grey) in 3D.</source>
        <translation>Arterien (durchscheinend), Verkalkung und abgeschnittene Enden (grau) in 3D zeigen.</translation>
    </message>
    <message>
        <source>Show 3D</source>
        <translation>3D zeigen</translation>
    </message>
    <message>
        <source>Show burden per artery as a chart beside the views.</source>
        <translation>Die Kalklast je Arterie als Diagramm neben den Ansichten zeigen.</translation>
    </message>
    <message>
        <source>Chart</source>
        <translation>Diagramm</translation>
    </message>
    <message>
        <source>Measure the artery and calcification masks as they are now, corrections included. Needs no model.</source>
        <translation>Die Arterien- und Verkalkungsmasken messen, wie sie jetzt sind, mit allen Korrekturen. Braucht kein Modell.</translation>
    </message>
    <message>
        <source>Recompute</source>
        <translation>Neu berechnen</translation>
    </message>
    <message>
        <source>Write masks, tables, measurements.json, a picture and the scene into a folder.</source>
        <translation>Masken, Tabellen, measurements.json, ein Bild und die Szene in einen Ordner schreiben.</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren…</translation>
    </message>
    <message>
        <source>Write no names of files, nodes, models and persons, no UIDs and no descriptions. The voxels of the CT are in the scene as they are.</source>
        <translation>Keine Namen von Dateien, Knoten, Modellen und Personen, keine UIDs und keine Beschreibungen schreiben. Die Voxel des CTs sind unverändert in der Szene.</translation>
    </message>
    <message>
        <source>Export anonymously</source>
        <translation>Anonym exportieren</translation>
    </message>
    <message>
        <source>Clusters: click one to see it in all views.</source>
        <translation>Cluster: anklicken, um ihn in allen Ansichten zu sehen.</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>What:</source>
        <translation>Was:</translation>
    </message>
    <message>
        <source>Which masks of the two segmentations are compared. Calcification is divided by the artery masks under Inputs.</source>
        <translation>Welche Masken der beiden Segmentierungen verglichen werden. Verkalkung wird nach den Arterienmasken unter „Eingaben“ aufgeteilt.</translation>
    </message>
    <message>
        <source>A (reference):</source>
        <translation>A (Referenz):</translation>
    </message>
    <message>
        <source>The segmentation that the other is judged by.</source>
        <translation>Die Segmentierung, an der die andere gemessen wird.</translation>
    </message>
    <message>
        <source>The mask under Inputs, as it is now</source>
        <translation>Die Maske unter „Eingaben“, wie sie jetzt ist</translation>
    </message>
    <message>
        <source>B:</source>
        <translation>B:</translation>
    </message>
    <message>
        <source>Another method or reader; left open, what the model made before you corrected it.</source>
        <translation>Eine andere Methode oder ein anderer Befunder; ohne Wahl das, was das Modell vor Ihrer Korrektur gemacht hatte.</translation>
    </message>
    <message>
        <source>A as it was made, before correction</source>
        <translation>A, wie es entstand, vor der Korrektur</translation>
    </message>
    <message>
        <source>Tell how well B agrees with A, and show where they differ. Needs no model.</source>
        <translation>Angeben, wie gut B mit A übereinstimmt, und zeigen, wo sie sich unterscheiden. Braucht kein Modell.</translation>
    </message>
    <message>
        <source>Nothing compared yet.</source>
        <translation>Noch nichts verglichen.</translation>
    </message>
    <message>
        <source>Sensitivity and precision are those of B. A dash stands for a ratio of nothing to nothing, or a distance to nothing.</source>
        <translation>Sensitivität und Präzision sind die von B. Ein Strich steht für ein Verhältnis von nichts zu nichts oder einen Abstand zu nichts.</translation>
    </message>
    <message>
        <source>Show where the masks agree and differ, in place of the masks themselves.</source>
        <translation>Anstelle der Masken zeigen, wo sie übereinstimmen und wo nicht.</translation>
    </message>
    <message>
        <source>Show disagreement</source>
        <translation>Unterschiede zeigen</translation>
    </message>
    <message>
        <source>What both masks hold.</source>
        <translation>Was beide Masken enthalten.</translation>
    </message>
    <message>
        <source>Both</source>
        <translation>Beide</translation>
    </message>
    <message>
        <source>What B misses.</source>
        <translation>Was B fehlt.</translation>
    </message>
    <message>
        <source>Only A</source>
        <translation>Nur A</translation>
    </message>
    <message>
        <source>What B holds beyond A.</source>
        <translation>Was B über A hinaus enthält.</translation>
    </message>
    <message>
        <source>Only B</source>
        <translation>Nur B</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>Erweitert</translation>
    </message>
    <message>
        <source>Device:</source>
        <translation>Gerät:</translation>
    </message>
    <message>
        <source>Where the networks run. Automatic takes a GPU where there is one.</source>
        <translation>Wo die Netze rechnen. „Automatisch“ nimmt eine GPU, wo es eine gibt.</translation>
    </message>
    <message>
        <source>Tile step:</source>
        <translation>Kachelabstand:</translation>
    </message>
    <message>
        <source>Distance of neighbouring tiles as a part of their width. Less is slower and smoother; nnU-Net&apos;s default is 0.5.</source>
        <translation>Abstand benachbarter Kacheln als Teil ihrer Breite. Weniger ist langsamer und glatter; nnU-Net nimmt 0,5.</translation>
    </message>
    <message>
        <source>Folds:</source>
        <translation>Folds:</translation>
    </message>
    <message>
        <source>Folds of the chosen model folders that are averaged, such as 0,1,2. Each takes its time.</source>
        <translation>Folds der gewählten Modellordner, über die gemittelt wird, etwa 0,1,2. Jeder kostet Zeit.</translation>
    </message>
    <message>
        <source>all that are there</source>
        <translation>alle vorhandenen</translation>
    </message>
    <message>
        <source>Average over mirrored images, where a model was trained with them: up to eight times the work.</source>
        <translation>Mittelt über gespiegelte Bilder, wenn ein Modell damit trainiert wurde: bis zu achtmal so viel Arbeit.</translation>
    </message>
    <message>
        <source>Mirroring (test-time augmentation)</source>
        <translation>Spiegeln (Test-Time-Augmentation)</translation>
    </message>
    <message>
        <source>Renal arteries kept:</source>
        <translation>Nierenarterien, Länge:</translation>
    </message>
    <message>
        <source>Path length from the aorta that is measured. This default is this program&apos;s own choice; published work gives none.</source>
        <translation>Weglänge ab der Aorta, die gemessen wird. Der voreingestellte Wert ist von diesem Programm gewählt; veröffentlicht ist keiner.</translation>
    </message>
    <message>
        <source> mm</source>
        <translation> mm</translation>
    </message>
    <message>
        <source>Mesenteric arteries kept:</source>
        <translation>Mesenterialarterien, Länge:</translation>
    </message>
    <message>
        <source>Common iliac arteries kept:</source>
        <translation>Aa. iliacae communes, Länge:</translation>
    </message>
    <message>
        <source>Farthest from an artery:</source>
        <translation>Größter Abstand zur Arterie:</translation>
    </message>
    <message>
        <source>Calcification farther than this from every artery is reported as unassigned.</source>
        <translation>Verkalkung, die von jeder Arterie weiter entfernt ist, wird als nicht zugeordnet berichtet.</translation>
    </message>
    <message>
        <source>Smallest cluster:</source>
        <translation>Kleinster Cluster:</translation>
    </message>
    <message>
        <source>Smaller clusters are left out of every number but reported as a sum.</source>
        <translation>Kleinere Cluster zählen in keiner Zahl mit, werden aber als Summe berichtet.</translation>
    </message>
    <message>
        <source> mm³</source>
        <translation> mm³</translation>
    </message>
    <message>
        <source>A checkpoint that holds more than weights can run any code on this computer. Needed for some model folders; not kept with the scene.</source>
        <translation>Ein Checkpoint, der mehr als Gewichte enthält, kann auf diesem Computer beliebigen Code ausführen. Für manche Modellordner nötig; wird nicht mit der Szene gespeichert.</translation>
    </message>
    <message>
        <source>Trust the chosen models&apos; checkpoints to run code</source>
        <translation>Checkpoints dürfen Code ausführen</translation>
    </message>
    <message>
        <source>Install what models need into Slicer&apos;s Python.</source>
        <translation>Installieren, was Modelle brauchen, in das Python von Slicer.</translation>
    </message>
    <message>
        <source>Install packages…</source>
        <translation>Pakete installieren…</translation>
    </message>
    <message>
        <source>Abdominal Calcification</source>
        <translation>Abdominale Verkalkung</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.about</name>
    <message>
        <source>Measures calcification of the abdominal arteries on CT angiograms: segments the aorta, its visceral and renal branches and the common iliac arteries, finds calcification, and reports calcified volume, burden and clusters per artery. The models that ship with it were trained on simulated CT: for trying and testing, not for diagnosis.</source>
        <translation>Misst die Verkalkung der abdominalen Arterien in CT-Angiographien: segmentiert die Aorta, ihre viszeralen und renalen Äste und die Aa. iliacae communes, findet Verkalkungen und berichtet für jede Arterie verkalktes Volumen, Kalklast und Cluster. Die mitgelieferten Modelle wurden an simulierten CTs trainiert: zum Ausprobieren und Testen, nicht zur Diagnose.</translation>
    </message>
    <message>
        <source>The measures follow Halkoaho et al. 2026, Acta Radiologica Open, doi 10.1177/20584601261431608.</source>
        <translation>Die Messgrößen folgen Halkoaho et al. 2026, Acta Radiologica Open, doi 10.1177/20584601261431608.</translation>
    </message>
    <message>
        <source>Tutorial</source>
        <translation>Einführung</translation>
    </message>
    <message>
        <source>How each number is defined</source>
        <translation>Wie jede Zahl definiert ist</translation>
    </message>
    <message>
        <source>Troubleshooting</source>
        <translation>Hilfe bei Problemen</translation>
    </message>
    <message>
        <source>What is stored, and where</source>
        <translation>Was gespeichert wird, und wo</translation>
    </message>
    <message>
        <source>Questions and faults</source>
        <translation>Fragen und Fehler</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.comparison_view</name>
    <message>
        <source>Nothing compared yet.</source>
        <translation>Noch nichts verglichen.</translation>
    </message>
    <message>
        <source>Done.</source>
        <translation>Fertig.</translation>
    </message>
    <message>
        <source>A mask was changed since: press Compare for numbers that belong to it.</source>
        <translation>Eine Maske wurde seither geändert: „Vergleichen“ drücken für Zahlen, die zu ihr gehören.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.export_control</name>
    <message>
        <source>Folder for the result folder</source>
        <translation>Ordner für den Ergebnisordner</translation>
    </message>
    <message>
        <source>Replace its results</source>
        <translation>Ergebnisse darin ersetzen</translation>
    </message>
    <message>
        <source>&apos;{folder}&apos; exists already.</source>
        <translation>„{folder}“ gibt es schon.</translation>
    </message>
    <message>
        <source>Exported to {folder}</source>
        <translation>Exportiert nach {folder}</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.inputs_view</name>
    <message>
        <source>nnU-Net v2 model folder for arteries</source>
        <translation>Modellordner von nnU-Net v2 für Arterien</translation>
    </message>
    <message>
        <source>nnU-Net v2 model folder for calcification</source>
        <translation>Modellordner von nnU-Net v2 für Verkalkung</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.installer</name>
    <message>
        <source>It goes into {folder}. Measuring given masks and thresholding work without it.</source>
        <translation>Das Ziel ist {folder}. Gegebene Masken zu messen und Schwellenwerte gehen auch ohne.</translation>
    </message>
    <message>
        <source>PyTorch could not be installed ({reason}); see the module PyTorch Utils.</source>
        <translation>PyTorch konnte nicht installiert werden ({reason}); siehe das Modul PyTorch Utils.</translation>
    </message>
    <message>
        <source>no reason was given</source>
        <translation>ohne Angabe eines Grundes</translation>
    </message>
    <message>
        <source>The NNUNet extension needs a restart of Slicer; restart, then press Install again.</source>
        <translation>Die Erweiterung NNUNet verlangt einen Neustart von Slicer; neu starten, dann erneut installieren.</translation>
    </message>
    <message>
        <source>{packages} could not be installed; check the network and the log, or install the PyTorch and NNUNet extensions in the Extensions Manager.</source>
        <translation>{packages}: Die Installation ist misslungen. Netzwerk und Protokoll prüfen, oder die Erweiterungen PyTorch und NNUNet im Extensions Manager installieren.</translation>
    </message>
    <message>
        <source>The NNUNet extension could not install nnU-Net ({reason}).</source>
        <translation>Die Erweiterung NNUNet konnte nnU-Net nicht installieren ({reason}).</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.message_view</name>
    <message>
        <source>Internal error: {error}; see the Python console.</source>
        <translation>Interner Fehler: {error}; siehe Python-Konsole.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.packages_view</name>
    <message>
        <source>The packages that models need are installed. How to remove them: Help, Troubleshooting.</source>
        <translation>Die Pakete, die Modelle brauchen, sind installiert. Wie man sie entfernt: Hilfe, Troubleshooting.</translation>
    </message>
    <message>
        <source>Installed.</source>
        <translation>Installiert.</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>Installieren</translation>
    </message>
    <message>
        <source>Install, then run</source>
        <translation>Installieren, dann starten</translation>
    </message>
    <message>
        <source>Installing {packages}; this can take minutes…</source>
        <translation>{packages} wird installiert; das kann Minuten dauern…</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.panel</name>
    <message>
        <source>&apos;{name}&apos; only shows a result and is no mask; choose another segmentation.</source>
        <translation>„{name}“ zeigt nur ein Ergebnis und ist keine Maske; eine andere Segmentierung wählen.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.parameters</name>
    <message>
        <source>Arteries from</source>
        <translation>Arterien aus</translation>
    </message>
    <message>
        <source>Bundled model (simulated CT)</source>
        <translation>Mitgeliefert (simulierte CTs)</translation>
    </message>
    <message>
        <source>TotalSegmentator weights on this computer</source>
        <translation>TotalSegmentator-Gewichte auf diesem Rechner</translation>
    </message>
    <message>
        <source>nnU-Net models of your own</source>
        <translation>Eigene nnU-Net-Modelle</translation>
    </message>
    <message>
        <source>Artery masks in the scene</source>
        <translation>Arterienmasken in der Szene</translation>
    </message>
    <message>
        <source>nnU-Net model of your own</source>
        <translation>Eigenes nnU-Net-Modell</translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation>Schwellenwert</translation>
    </message>
    <message>
        <source>Calcification mask in the scene</source>
        <translation>Verkalkungsmaske in der Szene</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>NVIDIA GPU (CUDA)</source>
        <translation>NVIDIA-GPU (CUDA)</translation>
    </message>
    <message>
        <source>Apple GPU (MPS)</source>
        <translation>Apple-GPU (MPS)</translation>
    </message>
    <message>
        <source>Calcification</source>
        <translation>Verkalkung</translation>
    </message>
    <message>
        <source>Arteries</source>
        <translation>Arterien</translation>
    </message>
    <message>
        <source>Calcification from</source>
        <translation>Verkalkung aus</translation>
    </message>
    <message>
        <source>No model folder is named under &apos;{field}&apos;; choose an nnU-Net v2 model folder.</source>
        <translation>Unter „{field}“ ist kein Modellordner genannt; einen Modellordner von nnU-Net v2 wählen.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.question_bar</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.result_rows</name>
    <message>
        <source>Group: {name}. Groups begin at {cuts}; our choice, not related to outcomes.</source>
        <translation>Gruppe: {name}. Die Gruppen beginnen bei {cuts}; von uns gewählt, ohne Bezug zum Krankheitsverlauf.</translation>
    </message>
    <message>
        <source>Total</source>
        <translation>Gesamt</translation>
    </message>
    <message>
        <source>Sum of the calcified volumes / sum of the artery volumes.</source>
        <translation>Summe der verkalkten Volumina / Summe der Arterienvolumina.</translation>
    </message>
    <message>
        <source>Burden
%</source>
        <translation>Kalklast
%</translation>
    </message>
    <message>
        <source>Calcified volume / artery volume; a dash where the artery was not found.</source>
        <translation>Verkalktes Volumen / Arterienvolumen; ein Strich, wo die Arterie nicht gefunden wurde.</translation>
    </message>
    <message>
        <source>Calcified
mm³</source>
        <translation>Verkalkt
mm³</translation>
    </message>
    <message>
        <source>Calcified volume within the kept length.</source>
        <translation>Verkalktes Volumen innerhalb der gemessenen Länge.</translation>
    </message>
    <message>
        <source>Clusters</source>
        <translation>Cluster</translation>
    </message>
    <message>
        <source>Number of connected calcifications.</source>
        <translation>Zahl der zusammenhängenden Verkalkungen.</translation>
    </message>
    <message>
        <source>Artery
mL</source>
        <translation>Arterie
mL</translation>
    </message>
    <message>
        <source>Volume of the artery within the kept length, calcification included.</source>
        <translation>Volumen der Arterie innerhalb der gemessenen Länge, mit Verkalkung.</translation>
    </message>
    <message>
        <source>Mean
mm³</source>
        <translation>Mittel
mm³</translation>
    </message>
    <message>
        <source>Mean volume of the clusters.</source>
        <translation>Mittleres Volumen der Cluster.</translation>
    </message>
    <message>
        <source>Largest
mm³</source>
        <translation>Größter
mm³</translation>
    </message>
    <message>
        <source>Volume of the largest cluster.</source>
        <translation>Volumen des größten Clusters.</translation>
    </message>
    <message>
        <source>Artery</source>
        <translation>Arterie</translation>
    </message>
    <message>
        <source>Volume
mm³</source>
        <translation>Volumen
mm³</translation>
    </message>
    <message>
        <source>Mean
HU</source>
        <translation>Mittel
HE</translation>
    </message>
    <message>
        <source>Max.
HU</source>
        <translation>Max.
HE</translation>
    </message>
    <message>
        <source>Path
mm</source>
        <translation>Weg
mm</translation>
    </message>
    <message>
        <source>Along a branch from where it leaves its parent; in the aorta upwards.</source>
        <translation>Entlang eines Astes ab seinem Abgang; in der Aorta aufwärts.</translation>
    </message>
    <message>
        <source>Extent
mm</source>
        <translation>Ausdehnung
mm</translation>
    </message>
    <message>
        <source>Greatest distance between two of its voxels.</source>
        <translation>Größter Abstand zweier seiner Voxel.</translation>
    </message>
    <message>
        <source>Centre, in patient coordinates (RAS).</source>
        <translation>Mittelpunkt, in Patientenkoordinaten (RAS).</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.results_view</name>
    <message>
        <source>The numbers are being brought up to date.</source>
        <translation>Die Zahlen werden nachgeführt.</translation>
    </message>
    <message>
        <source>The masks were changed: press Recompute for numbers that belong to them.</source>
        <translation>Die Masken wurden geändert: „Neu berechnen“ drücken für Zahlen, die zu ihnen gehören.</translation>
    </message>
    <message>
        <source>Other masks are chosen than those that were measured: press Recompute for their numbers.</source>
        <translation>Andere Masken sind gewählt als die gemessenen: „Neu berechnen“ drücken für deren Zahlen.</translation>
    </message>
    <message>
        <source>Other lengths are set under Advanced than those measured with: press Recompute to use them.</source>
        <translation>Unter „Erweitert“ sind andere Längen eingestellt als die, mit denen gemessen wurde: „Neu berechnen“ drücken, um sie zu verwenden.</translation>
    </message>
    <message>
        <source>No artery was found.</source>
        <translation>Keine Arterie wurde gefunden.</translation>
    </message>
    <message>
        <source>Nothing measured yet.</source>
        <translation>Noch nichts gemessen.</translation>
    </message>
    <message>
        <source>Done. {masks}: edited meanwhile and kept; the new mask is beside it.</source>
        <translation>Fertig. {masks}: inzwischen bearbeitet und behalten; die neue Maske steht daneben.</translation>
    </message>
    <message>
        <source>Notes ({count})</source>
        <translation>Hinweise ({count})</translation>
    </message>
    <message>
        <source>The masks were changed, and the numbers cannot follow: {why}</source>
        <translation>Die Masken wurden geändert, und die Zahlen können nicht folgen: {why}</translation>
    </message>
    <message>
        <source>Total burden &lt;b&gt;{burden:.2f} %&lt;/b&gt;: {calcified:.1f} mm³ calcified of {artery:.2f} mL artery, in {clusters} clusters.</source>
        <translation>Gesamte Kalklast &lt;b&gt;{burden:.2f} %&lt;/b&gt;: {calcified:.1f} mm³ verkalkt von {artery:.2f} mL Arterie; Cluster: {clusters}.</translation>
    </message>
    <message>
        <source>Done.</source>
        <translation>Fertig.</translation>
    </message>
    <message>
        <source>beyond the kept lengths</source>
        <translation>jenseits der gemessenen Längen</translation>
    </message>
    <message>
        <source>near no artery</source>
        <translation>bei keiner Arterie</translation>
    </message>
    <message>
        <source>Not counted: {what}.</source>
        <translation>Nicht mitgezählt: {what}.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.run_control</name>
    <message>
        <source>{masks}: corrected by hand, or not made here. Running again would replace this work.</source>
        <translation>{masks}: von Hand korrigiert oder nicht hier entstanden. Ein neuer Lauf würde diese Arbeit ersetzen.</translation>
    </message>
    <message>
        <source>Segment what is needed, then measure.</source>
        <translation>Segmentieren, was noch fehlt, dann messen.</translation>
    </message>
    <message>
        <source>The scene is being closed.</source>
        <translation>Die Szene wird geschlossen.</translation>
    </message>
    <message>
        <source>Something is at work; wait for it, or cancel it.</source>
        <translation>Es läuft noch etwas; abwarten oder abbrechen.</translation>
    </message>
    <message>
        <source>Answer the question first.</source>
        <translation>Erst die Frage beantworten.</translation>
    </message>
    <message>
        <source>Load a CT angiogram (Add Data, DICOM or Sample Data), or choose one under Inputs.</source>
        <translation>Eine CT-Angiographie laden (Add Data, DICOM oder Sample Data) oder unter „Eingaben“ wählen.</translation>
    </message>
    <message>
        <source>TotalSegmentator has no weights for arteries here; choose another source of arteries.</source>
        <translation>Hier sind keine Gewichte von TotalSegmentator für Arterien; eine andere Quelle für Arterien wählen.</translation>
    </message>
    <message>
        <source>the artery models</source>
        <translation>die Modelle für Arterien</translation>
    </message>
    <message>
        <source>the artery masks</source>
        <translation>die Arterienmasken</translation>
    </message>
    <message>
        <source>the calcification model</source>
        <translation>das Modell für Verkalkung</translation>
    </message>
    <message>
        <source>the threshold</source>
        <translation>den Schwellenwert</translation>
    </message>
    <message>
        <source>the calcification mask</source>
        <translation>die Verkalkungsmaske</translation>
    </message>
    <message>
        <source>Keep, make new masks</source>
        <translation>Behalten, neue Masken anlegen</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>Ersetzen</translation>
    </message>
    <message>
        <source>Choose {what} under Inputs.</source>
        <translation>Unter „Eingaben“ wählen: {what}.</translation>
    </message>
    <message>
        <source> and </source>
        <translation> und </translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.runner</name>
    <message>
        <source>Starting</source>
        <translation>Beginnt</translation>
    </message>
    <message>
        <source>Cancelled; the scene is as it was.</source>
        <translation>Abgebrochen; die Szene ist, wie sie war.</translation>
    </message>
    <message>
        <source>, about {time} left</source>
        <translation>, noch etwa {time}</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.segment_meanings</name>
    <message>
        <source>is not measured; it is …</source>
        <translation>wird nicht gemessen; es ist …</translation>
    </message>
    <message>
        <source>&apos;{segment}&apos; of &apos;{mask}&apos;</source>
        <translation>„{segment}“ von „{mask}“</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.self_test</name>
    <message>
        <source>Done.</source>
        <translation>Fertig.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.totalsegmentator_view</name>
    <message>
        <source>Use &apos;{name}&apos;</source>
        <translation>&apos;{name}&apos; verwenden</translation>
    </message>
    <message>
        <source>TotalSegmentator has no weights for arteries here yet: run its module once (task total).</source>
        <translation>Hier sind noch keine Gewichte von TotalSegmentator für Arterien: dessen Modul einmal ausführen (Aufgabe total).</translation>
    </message>
</context>
</TS>
