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
        <source>Go to the cluster above in the list (Shift+N).</source>
        <translation>Zum Cluster darüber in der Liste (Umschalt+N).</translation>
    </message>
    <message>
        <source>◀</source>
        <translation>◀</translation>
    </message>
    <message>
        <source>Go to the cluster below in the list (N).</source>
        <translation>Zum Cluster darunter in der Liste (N).</translation>
    </message>
    <message>
        <source>▶</source>
        <translation>▶</translation>
    </message>
    <message>
        <source>Note that you looked at this cluster (K).</source>
        <translation>Vermerken, dass dieser Cluster angesehen wurde (K).</translation>
    </message>
    <message>
        <source>Seen</source>
        <translation>Gesehen</translation>
    </message>
    <message>
        <source>Take this cluster out of the calcification mask; it stays in the list and can be restored.</source>
        <translation>Diesen Cluster aus der Kalkmaske nehmen; er bleibt in der Liste und kann zurückgeholt werden.</translation>
    </message>
    <message>
        <source>Reject</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Put this rejected cluster back into the calcification mask.</source>
        <translation>Diesen verworfenen Cluster wieder in die Kalkmaske legen.</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Zurückholen</translation>
    </message>
    <message>
        <source>The artery that this cluster belongs to, whatever is nearest to it.</source>
        <translation>Die Arterie, zu der dieser Cluster gehört, was immer ihm am nächsten liegt.</translation>
    </message>
    <message>
        <source>What the colours of the clusters say in the views; nothing that is measured.</source>
        <translation>Was die Farben der Cluster in den Ansichten sagen; gemessen wird dasselbe.</translation>
    </message>
    <message>
        <source>Click on a missed plaque in a slice view: what would be added is shown first. With Ctrl a click removes calcification.</source>
        <translation>In einer Schichtansicht auf eine übersehene Plaque klicken: Was hinzukäme, wird zuerst gezeigt. Mit Strg entfernt ein Klick Kalk.</translation>
    </message>
    <message>
        <source>Add plaque</source>
        <translation>Plaque dazu</translation>
    </message>
    <message>
        <source>Add what is shown to the calcification mask.</source>
        <translation>Das Gezeigte in die Kalkmaske aufnehmen.</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>Add nothing.</source>
        <translation>Nichts hinzufügen.</translation>
    </message>
    <message>
        <source>Show on each branch where its kept length ends; drag a mark along the branch to change it.</source>
        <translation>Auf jedem Ast zeigen, wo seine behaltene Länge endet; eine Marke den Ast entlang ziehen, um sie zu ändern.</translation>
    </message>
    <message>
        <source>Kept lengths</source>
        <translation>Behaltene Längen</translation>
    </message>
    <message>
        <source>What the piece that is clicked, or what lies beyond a cut, becomes.</source>
        <translation>Was aus dem angeklickten Stück wird, oder aus dem, was hinter einem Schnitt liegt.</translation>
    </message>
    <message>
        <source>Click on a piece of an artery in a slice view: it becomes the artery chosen at the left.</source>
        <translation>In einer Schichtansicht auf ein Stück einer Arterie klicken: Es wird die links gewählte Arterie.</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Click on an artery in a slice view: it is cut there, and what lies beyond becomes the artery chosen at the left.</source>
        <translation>In einer Schichtansicht auf eine Arterie klicken: Sie wird dort durchtrennt, und was dahinter liegt, wird die links gewählte Arterie.</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>Trennen</translation>
    </message>
    <message>
        <source>Click on a piece of an artery in a slice view: it is joined over the gap to its artery, or to the one that it leaves.</source>
        <translation>In einer Schichtansicht auf ein Stück einer Arterie klicken: Es wird über die Lücke mit seiner Arterie verbunden, oder mit der, aus der es abgeht.</translation>
    </message>
    <message>
        <source>Join</source>
        <translation>Verbinden</translation>
    </message>
    <message>
        <source>Remove the pieces of arteries that hang together with nothing.</source>
        <translation>Die Stücke von Arterien entfernen, die mit nichts zusammenhängen.</translation>
    </message>
    <message>
        <source>Remove loose pieces</source>
        <translation>Lose Stücke entfernen</translation>
    </message>
    <message>
        <source>Along the vessels</source>
        <translation>Entlang der Gefäße</translation>
    </message>
    <message>
        <source>Export as DICOM, too</source>
        <translation>Auch als DICOM exportieren</translation>
    </message>
    <message>
        <source>Export a report, too</source>
        <translation>Auch einen Bericht exportieren</translation>
    </message>
    <message>
        <source>The vessel that is laid out straight.</source>
        <translation>Das Gefäß, das gestreckt gezeigt wird.</translation>
    </message>
    <message>
        <source>The vessel laid out straight, its plaques outlined; below it the areas of its section (in the artery&apos;s colour) and of the calcification in it (yellow).</source>
        <translation>Das Gefäß gestreckt, seine Plaques umrandet; darunter die Flächen seines Querschnitts (in der Farbe der Arterie) und des Kalks darin (gelb).</translation>
    </message>
    <message>
        <source>Path length:</source>
        <translation>Weglänge:</translation>
    </message>
    <message>
        <source>The place along the vessel; the views go there, and it follows the crosshair.</source>
        <translation>Die Stelle im Gefäß; die Ansichten gehen dorthin, und sie folgt dem Fadenkreuz.</translation>
    </message>
    <message>
        <source>Turn:</source>
        <translation>Drehung:</translation>
    </message>
    <message>
        <source>Turn the cut around the vessel.</source>
        <translation>Den Schnitt um das Gefäß drehen.</translation>
    </message>
    <message>
        <source>°</source>
        <translation>°</translation>
    </message>
    <message>
        <source>Colour the surface of the arteries in 3D by calcified / artery volume within 5 mm to both sides, from 0 to 50 %.</source>
        <translation>Die Oberfläche der Arterien in 3D nach verkalktem / Arterienvolumen innerhalb von 5 mm nach beiden Seiten färben, von 0 bis 50 %.</translation>
    </message>
    <message>
        <source>Colour by local burden</source>
        <translation>Nach örtlicher Last färben</translation>
    </message>
    <message>
        <source>Show the areas along the vessel as a chart; a point picked there is looked at.</source>
        <translation>Die Flächen entlang des Gefäßes als Diagramm zeigen; ein dort gewählter Punkt wird angesehen.</translation>
    </message>
    <message>
        <source>Earlier versions</source>
        <translation>Frühere Versionen</translation>
    </message>
    <message>
        <source>Masks as they were before a run or another version took their place; kept with the scene.</source>
        <translation>Masken, wie sie waren, bevor ein Lauf oder eine andere Version sie ersetzte; mit der Szene gespeichert.</translation>
    </message>
    <message>
        <source>Put this version back; the mask as it is now becomes an earlier version too.</source>
        <translation>Setzt diese Version wieder ein; die jetzige Maske wird auch eine frühere Version.</translation>
    </message>
    <message>
        <source>Forget this version.</source>
        <translation>Vergisst diese Version.</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>Überprüfen</translation>
    </message>
    <message>
        <source>Correct the artery masks (key A). The calcification mask stays as it is.</source>
        <translation>Die Arterienmasken korrigieren (Taste A). Die Verkalkungsmaske bleibt, wie sie ist.</translation>
    </message>
    <message>
        <source>Arteries</source>
        <translation>Arterien</translation>
    </message>
    <message>
        <source>Correct the calcification mask (key C). The artery masks stay as they are.</source>
        <translation>Die Verkalkungsmaske korrigieren (Taste C). Die Arterienmasken bleiben, wie sie sind.</translation>
    </message>
    <message>
        <source>Calcification</source>
        <translation>Verkalkung</translation>
    </message>
    <message>
        <source>The artery that is painted: what is painted is taken from the other arteries. One without a segment gets an empty one, with its name, colour and codes.</source>
        <translation>Die Arterie, die gemalt wird: Was gemalt wird, wird den anderen Arterien genommen. Eine ohne Segment bekommt ein leeres, mit Namen, Farbe und Codes.</translation>
    </message>
    <message>
        <source>Paint only where the CT is that bright, and near an artery (key I). What only removes, such as Erase, is never limited.</source>
        <translation>Nur malen, wo das CT so hell ist, und nahe einer Arterie (Taste I). Was nur entfernt, wie Erase, ist nie begrenzt.</translation>
    </message>
    <message>
        <source>Only above</source>
        <translation>Nur über</translation>
    </message>
    <message>
        <source>Paint only what is not brighter than that: the rim of a plaque, or blood inside it (key X).</source>
        <translation>Nur malen, was nicht heller ist: den Rand eines Plaques oder Blut darin (Taste X).</translation>
    </message>
    <message>
        <source>Invert</source>
        <translation>Umkehren</translation>
    </message>
    <message>
        <source>Take the last change of either mask back, whatever made it (key Z).</source>
        <translation>Die letzte Änderung einer der beiden Masken zurücknehmen, wodurch auch immer sie entstand (Taste Z).</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Do again what was taken back last (key Y).</source>
        <translation>Wiederholen, was zuletzt zurückgenommen wurde (Taste Y).</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
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
        <source>Case list</source>
        <translation>Fallliste</translation>
    </message>
    <message>
        <source>List:</source>
        <translation>Liste:</translation>
    </message>
    <message>
        <source>A folder of images, of DICOM folders or of case folders, or a CSV table with the columns id and ct.</source>
        <translation>Ein Ordner mit Bildern, DICOM-Ordnern oder Fallordnern, oder eine CSV-Tabelle mit den Spalten id und ct.</translation>
    </message>
    <message>
        <source>Reader:</source>
        <translation>Befunder:</translation>
    </message>
    <message>
        <source>Your work is kept by this name, apart from that of other readers.</source>
        <translation>Ihre Arbeit wird unter diesem Namen aufbewahrt, getrennt von der anderer Befunder.</translation>
    </message>
    <message>
        <source>Open list</source>
        <translation>Liste öffnen</translation>
    </message>
    <message>
        <source>Open the case that is selected in the list.</source>
        <translation>Den in der Liste gewählten Fall öffnen.</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Open the case before.</source>
        <translation>Den Fall davor öffnen.</translation>
    </message>
    <message>
        <source>Previous</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Open the case after.</source>
        <translation>Den Fall danach öffnen.</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Open the next case that is neither done nor rejected.</source>
        <translation>Den nächsten Fall öffnen, der weder fertig noch verworfen ist.</translation>
    </message>
    <message>
        <source>Next to do</source>
        <translation>Nächster offener</translation>
    </message>
    <message>
        <source>How far the case is.</source>
        <translation>Wie weit der Fall ist.</translation>
    </message>
    <message>
        <source>Rating of image or masks, 1 to 5.</source>
        <translation>Bewertung von Bild oder Masken, 1 bis 5.</translation>
    </message>
    <message>
        <source>Save masks, numbers, status, rating and notes; the case stays open.</source>
        <translation>Masken, Zahlen, Stand, Bewertung und Notizen speichern; der Fall bleibt offen.</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Write a table of the cases that are done, for export-dataset and evaluate.</source>
        <translation>Eine Tabelle der fertigen Fälle schreiben, für export-dataset und evaluate.</translation>
    </message>
    <message>
        <source>Hand over</source>
        <translation>Übergeben</translation>
    </message>
    <message>
        <source>Notes on the case</source>
        <translation>Notizen zum Fall</translation>
    </message>
    <message>
        <source>Retraining</source>
        <translation>Nachtrainieren</translation>
    </message>
    <message>
        <source>Model of:</source>
        <translation>Modell für:</translation>
    </message>
    <message>
        <source>Which masks are learnt. It starts from the model that is chosen under Inputs, and has to beat it.</source>
        <translation>Welche Masken gelernt werden. Ausgangspunkt ist das unter Eingaben gewählte Modell; es muss übertroffen werden.</translation>
    </message>
    <message>
        <source>Minutes:</source>
        <translation>Minuten:</translation>
    </message>
    <message>
        <source>How long to train in all. An evening on a processor, some minutes on a GPU.</source>
        <translation>Wie lange insgesamt trainiert wird. Ein Abend auf einem Prozessor, einige Minuten auf einer GPU.</translation>
    </message>
    <message>
        <source>Train on the cases of the open list that are done, as a job of its own: it goes on when Slicer is closed.</source>
        <translation>Mit den fertigen Fällen der offenen Liste trainieren, als eigener Auftrag: Er läuft weiter, wenn Slicer geschlossen wird.</translation>
    </message>
    <message>
        <source>Retrain</source>
        <translation>Nachtrainieren</translation>
    </message>
    <message>
        <source>End the job after the step at hand, with a checkpoint.</source>
        <translation>Den Auftrag nach dem laufenden Schritt beenden, mit Zwischenstand.</translation>
    </message>
    <message>
        <source>Go on where the job stopped.</source>
        <translation>Weitermachen, wo der Auftrag aufgehört hat.</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Choose the new model under Inputs.</source>
        <translation>Das neue Modell unter Eingaben wählen.</translation>
    </message>
    <message>
        <source>Use model</source>
        <translation>Verwenden</translation>
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
        <source>Put these masks onto their CT; what they replace stays as an earlier version.</source>
        <translation>Legt diese Masken auf ihr CT; was sie ersetzen, bleibt als frühere Version.</translation>
    </message>
    <message>
        <source>Recover</source>
        <translation>Wiederherstellen</translation>
    </message>
    <message>
        <source>Delete them from this computer&apos;s disk.</source>
        <translation>Löscht sie von der Festplatte dieses Rechners.</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
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
    <message>
        <source>Calcification of the aorta on a lateral radiograph: the Kauppila score</source>
        <translation>Verkalkung der Aorta auf einer seitlichen Röntgenaufnahme: der Kauppila-Score</translation>
    </message>
    <message>
        <source>CT</source>
        <translation>CT</translation>
    </message>
    <message>
        <source>Calcification of the abdominal arteries on CT</source>
        <translation>Verkalkung der Bauchschlagadern im CT</translation>
    </message>
    <message>
        <source>Radiograph</source>
        <translation>Röntgenbild</translation>
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
        <source>Keys of the review</source>
        <translation>Tasten der Überprüfung</translation>
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
    <name>AbdominalCalcificationPanel.case_list_view</name>
    <message>
        <source>{count} cases that are done: {path}. For training: abdominal-calcification export-dataset {path} …</source>
        <translation>{count} fertige Fälle: {path}. Zum Trainieren: abdominal-calcification export-dataset {path} …</translation>
    </message>
    <message>
        <source>untouched</source>
        <translation>unberührt</translation>
    </message>
    <message>
        <source>in progress</source>
        <translation>in Arbeit</translation>
    </message>
    <message>
        <source>done</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>verworfen</translation>
    </message>
    <message>
        <source>No case is open.</source>
        <translation>Kein Fall ist offen.</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>Stand</translation>
    </message>
    <message>
        <source>Rating</source>
        <translation>Bewertung</translation>
    </message>
    <message>
        <source>Of image or masks, 1 to 5.</source>
        <translation>Von Bild oder Masken, 1 bis 5.</translation>
    </message>
    <message>
        <source>Minutes</source>
        <translation>Minuten</translation>
    </message>
    <message>
        <source>How long the case was worked on, without pauses.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>Hinweise</translation>
    </message>
    <message>
        <source>Save, then go on</source>
        <translation>Speichern, dann weiter</translation>
    </message>
    <message>
        <source>Go on without</source>
        <translation>Weiter ohne Speichern</translation>
    </message>
    <message>
        <source>You have saved no masks of this case; these are the list&apos;s.</source>
        <translation>Sie haben zu diesem Fall keine Masken gespeichert; dies sind die der Liste.</translation>
    </message>
    <message>
        <source>Case {number} of {count}: {name}</source>
        <translation>Fall {number} von {count}: {name}</translation>
    </message>
    <message>
        <source>The case &apos;{name}&apos; was changed and not saved.</source>
        <translation>Der Fall &apos;{name}&apos; wurde geändert und nicht gespeichert.</translation>
    </message>
    <message>
        <source>No case is left to do in this direction.</source>
        <translation>In dieser Richtung ist kein Fall mehr offen.</translation>
    </message>
    <message>
        <source>No more cases.</source>
        <translation>Keine weiteren Fälle.</translation>
    </message>
    <message>
        <source>Saved in {folder}</source>
        <translation>Gespeichert in {folder}</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.chosen_lengths</name>
    <message>
        <source>kept length of {arteries}: {length:g} mm</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.click_tools</name>
    <message>
        <source>added plaque</source>
        <translation>Plaque hinzugefügt</translation>
    </message>
    <message>
        <source>renamed piece</source>
        <translation>Stück umbenannt</translation>
    </message>
    <message>
        <source>removed loose pieces</source>
        <translation>lose Stücke entfernt</translation>
    </message>
    <message>
        <source>removed calcification</source>
        <translation>Kalk entfernt</translation>
    </message>
    <message>
        <source>{proposal} Shown in yellow; press Add to take it.</source>
        <translation>{proposal} Gelb gezeigt; „Hinzufügen“ übernimmt es.</translation>
    </message>
    <message>
        <source>joined gap</source>
        <translation>Lücke verbunden</translation>
    </message>
    <message>
        <source>cut artery</source>
        <translation>Arterie durchtrennt</translation>
    </message>
    <message>
        <source>(removed)</source>
        <translation>(entfernt)</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.cluster_coloring</name>
    <message>
        <source>Clusters in one colour</source>
        <translation>Cluster in einer Farbe</translation>
    </message>
    <message>
        <source>Clusters coloured by artery</source>
        <translation>Cluster nach Arterie gefärbt</translation>
    </message>
    <message>
        <source>Clusters coloured by size</source>
        <translation>Cluster nach Größe gefärbt</translation>
    </message>
    <message>
        <source>Clusters coloured by HU</source>
        <translation>Cluster nach HU gefärbt</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.cluster_list</name>
    <message>
        <source>restoring of a cluster</source>
        <translation>Cluster zurückgeholt</translation>
    </message>
    <message>
        <source>{seen} of {count} seen, {rejected} rejected.</source>
        <translation>{seen} von {count} gesehen, {rejected} verworfen.</translation>
    </message>
    <message>
        <source>rejection of cluster {number}</source>
        <translation>Cluster {number} verworfen</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.cluster_territory</name>
    <message>
        <source>Belongs to the nearest artery</source>
        <translation>Gehört zur nächsten Arterie</translation>
    </message>
    <message>
        <source>cluster {number} to the {artery}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Belongs to: {artery}</source>
        <translation>Gehört zu: {artery}</translation>
    </message>
    <message>
        <source>cluster {number} to the nearest artery</source>
        <translation type="unfinished"></translation>
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
    <name>AbdominalCalcificationPanel.cut_points</name>
    <message>
        <source>Drag a mark along its branch to change the kept length.</source>
        <translation>Eine Marke ihren Ast entlang ziehen, um die behaltene Länge zu ändern.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.disk_saves</name>
    <message>
        <source>Corrections cannot be kept against a crash ({reason}): save the scene often.</source>
        <translation>Korrekturen können nicht gegen einen Absturz gesichert werden ({reason}): Szene oft speichern.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.export_control</name>
    <message>
        <source>One to three pages for people, as PDF and HTML; among the DICOM objects, too, if there are any.</source>
        <translation>Eine bis drei Seiten für Menschen, als PDF und HTML; auch unter den DICOM-Objekten, wenn es welche gibt.</translation>
    </message>
    <message>
        <source>A report needs Python packages: slicer.util.pip_install([&apos;jinja2&apos;, &apos;reportlab&apos;]).</source>
        <translation>Ein Bericht braucht Python-Pakete: slicer.util.pip_install([&apos;jinja2&apos;, &apos;reportlab&apos;]).</translation>
    </message>
    <message>
        <source>The CT was not loaded from DICOM, so there is no study to which DICOM results could belong.</source>
        <translation>Die CT wurde nicht aus DICOM geladen, es gibt also keine Studie, zu der DICOM-Ergebnisse gehören könnten.</translation>
    </message>
    <message>
        <source>DICOM results need the Python package highdicom: slicer.util.pip_install(&apos;highdicom&apos;).</source>
        <translation>DICOM-Ergebnisse brauchen das Python-Paket highdicom: slicer.util.pip_install(&apos;highdicom&apos;).</translation>
    </message>
    <message>
        <source>Folder for the result folder</source>
        <translation>Ordner für den Ergebnisordner</translation>
    </message>
    <message>
        <source>Segmentations and a structured report in the study of the CT, for archives and viewers; and, where the report is exported, too, that as Encapsulated PDF and Secondary Capture. Ticking this ticks the report; untick it to leave it out.</source>
        <translation>Segmentierungen und ein strukturierter Bericht in der Studie des CT, für Archive und Betrachter; dazu, wo auch der Bericht ausgegeben wird, dieser als Encapsulated PDF und Secondary Capture. Ein Haken hier setzt auch den beim Bericht; nehmen Sie ihn dort weg, um ihn wegzulassen.</translation>
    </message>
    <message>
        <source>Segmentations and a structured report in the study of the CT, for archives and viewers; without the report, whose Python packages are missing.</source>
        <translation>Segmentierungen und ein strukturierter Bericht in der Studie des CT, für Archive und Betrachter; ohne den Bericht, dessen Python-Pakete fehlen.</translation>
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
    <name>AbdominalCalcificationPanel.history_keeper</name>
    <message>
        <source>&apos;{name}&apos; is chosen as both masks: what is corrected in it is not followed as it should be.</source>
        <translation>„{name}“ ist als beide Masken gewählt: Was darin korrigiert wird, wird nicht richtig verfolgt.</translation>
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
    <name>AbdominalCalcificationPanel.mask_editing</name>
    <message>
        <source>Changing the mask</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.mask_editor</name>
    <message>
        <source>paint</source>
        <translation>malen</translation>
    </message>
    <message>
        <source>erase</source>
        <translation>radieren</translation>
    </message>
    <message>
        <source>scissors</source>
        <translation>Schere</translation>
    </message>
    <message>
        <source>islands</source>
        <translation>Inseln</translation>
    </message>
    <message>
        <source>threshold</source>
        <translation>Schwelle</translation>
    </message>
    <message>
        <source>margin</source>
        <translation>Rand</translation>
    </message>
    <message>
        <source>smoothing</source>
        <translation>Glätten</translation>
    </message>
    <message>
        <source>grow from seeds</source>
        <translation>aus Saatpunkten wachsen</translation>
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
    <name>AbdominalCalcificationPanel.painting_limits</name>
    <message>
        <source>Only up to</source>
        <translation>Nur bis</translation>
    </message>
    <message>
        <source>Only above</source>
        <translation>Nur über</translation>
    </message>
    <message>
        <source>Preparing …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Painted wherever the brush is.</source>
        <translation>Gemalt wird überall, wo der Pinsel ist.</translation>
    </message>
    <message>
        <source>Preparing where calcification may be painted: {stage}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The threshold by which the mask was made.</source>
        <translation>Die Schwelle, mit der die Maske entstand.</translation>
    </message>
    <message>
        <source>Proposed: {hu:.0f} HU. {how}</source>
        <translation>Vorgeschlagen: {hu:.0f} HU. {how}</translation>
    </message>
    <message>
        <source>Usual with contrast medium; no artery tells of the blood of this case.</source>
        <translation>Üblich mit Kontrastmittel; keine Arterie sagt etwas über das Blut dieses Falls.</translation>
    </message>
    <message>
        <source>Anywhere: there is no artery that it could be near.</source>
        <translation>Überall: Es gibt keine Arterie, in deren Nähe es sein könnte.</translation>
    </message>
    <message>
        <source>And only within {reach:g} mm of an artery.</source>
        <translation>Und nur bis {reach:g} mm von einer Arterie.</translation>
    </message>
    <message>
        <source>Anywhere: {error}</source>
        <translation>Überall: {error}</translation>
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
        <source>To the left of the image</source>
        <translation>Nach links im Bild</translation>
    </message>
    <message>
        <source>To the right of the image</source>
        <translation>Nach rechts im Bild</translation>
    </message>
    <message>
        <source>ML-AAC24: 0–1, 2–5, 6 and more</source>
        <translation>ML-AAC24: 0–1, 2–5, ab 6</translation>
    </message>
    <message>
        <source>Dialysis: 0–4, 5–15, 16–24</source>
        <translation>Dialyse: 0–4, 5–15, 16–24</translation>
    </message>
    <message>
        <source>None to severe: 0, 1–4, 5–15, 16–24</source>
        <translation>Keine bis schwere: 0, 1–4, 5–15, 16–24</translation>
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
    <name>AbdominalCalcificationPanel.radiograph_compare</name>
    <message>
        <source>Another reading of this radiograph</source>
        <translation>Ein anderer Befund dieses Röntgenbildes</translation>
    </message>
    <message>
        <source>Readings (*.json)</source>
        <translation>Befunde (*.json)</translation>
    </message>
    <message>
        <source>Nothing to compare yet.</source>
        <translation>Noch nichts zu vergleichen.</translation>
    </message>
    <message>
        <source>As the model had it</source>
        <translation>Wie das Modell ihn hatte</translation>
    </message>
    <message>
        <source>CT: {name}</source>
        <translation>CT: {name}</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_edits</name>
    <message>
        <source>Each vertebra has one of the names {names}, and no two have the same; the name was taken back.</source>
        <translation>Jeder Wirbel hat einen der Namen {names}, und keine zwei denselben; der Name wurde zurückgenommen.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_export</name>
    <message>
        <source>A page for people, as PDF and HTML.</source>
        <translation>Eine Seite für Menschen, als PDF und HTML.</translation>
    </message>
    <message>
        <source>Exported to {folder}</source>
        <translation>Exportiert nach {folder}</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_levels</name>
    <message>
        <source>Levels in front of which nobody looked are not assessed; score them.</source>
        <translation>Höhen, vor denen niemand geschaut hat, sind nicht beurteilt; bewerten Sie sie.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_of_ct</name>
    <message>
        <source>Something is at work; wait for it, or cancel it.</source>
        <translation>Es läuft noch etwas; abwarten oder abbrechen.</translation>
    </message>
    <message>
        <source>Choose the CT of the same patient.</source>
        <translation>Wählen Sie das CT desselben Patienten.</translation>
    </message>
    <message>
        <source>The CT has no masks of arteries and calcification yet: analyse it on the page CT.</source>
        <translation>Das CT hat noch keine Masken von Arterien und Verkalkung: werten Sie es auf der Seite CT aus.</translation>
    </message>
    <message>
        <source>Choose a segmentation of its vertebrae, such as TotalSegmentator makes.</source>
        <translation>Wählen Sie eine Segmentierung seiner Wirbel, wie TotalSegmentator sie erstellt.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_page</name>
    <message>
        <source>Done.</source>
        <translation>Fertig.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_rows</name>
    <message>
        <source>Affected vertebrae {segments} of 4, affected walls {walls} of 8.</source>
        <translation>Betroffene Wirbel {segments} von 4, betroffene Wände {walls} von 8.</translation>
    </message>
    <message>
        <source>{agreeing} of {both} parts that both assessed are the same.</source>
        <translation>{agreeing} von {both} Teilen, die beide beurteilt haben, sind gleich.</translation>
    </message>
    <message>
        <source>not assessed</source>
        <translation>nicht beurteilt</translation>
    </message>
    <message>
        <source>&lt;b&gt;No sum&lt;/b&gt;: {missing} of 8 parts are not assessed; the others come to {known}.</source>
        <translation>&lt;b&gt;Keine Summe&lt;/b&gt;: {missing} von 8 Teilen sind nicht beurteilt; die anderen ergeben {known}.</translation>
    </message>
    <message>
        <source>&apos;Pixel size&apos;</source>
        <translation>„Pixelgröße“</translation>
    </message>
    <message>
        <source>&apos;Patient faces&apos;</source>
        <translation>„Patient schaut“</translation>
    </message>
    <message>
        <source>&apos;Bone is dark in the view&apos;</source>
        <translation>„Knochen ist in der Ansicht dunkel“</translation>
    </message>
    <message>
        <source>Anterior wall</source>
        <translation>Vorderwand</translation>
    </message>
    <message>
        <source>Posterior wall</source>
        <translation>Hinterwand</translation>
    </message>
    <message>
        <source>No wall is drawn in front of this vertebra.</source>
        <translation>Vor diesem Wirbel ist keine Wand gezeichnet.</translation>
    </message>
    <message>
        <source>Kauppila score &lt;b&gt;{total}&lt;/b&gt; of 24</source>
        <translation>Kauppila-Score &lt;b&gt;{total}&lt;/b&gt; von 24</translation>
    </message>
    <message>
        <source>This one</source>
        <translation>Dieser</translation>
    </message>
    <message>
        <source>The other</source>
        <translation>Der andere</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Unterschied</translation>
    </message>
    <message>
        <source>Weighted kappa is not defined here.</source>
        <translation>Das gewichtete Kappa ist hier nicht definiert.</translation>
    </message>
    <message>
        <source>Deposits along {percent:.0f} % of the wall.</source>
        <translation>Ablagerungen auf {percent:.0f} % der Wand.</translation>
    </message>
    <message>
        <source> (90 % interval {low:.0f} to {high:.0f})</source>
        <translation> (90-%-Intervall {low:.0f} bis {high:.0f})</translation>
    </message>
    <message>
        <source>Weighted kappa (quadratic) {kappa:.2f}.</source>
        <translation>Gewichtetes Kappa (quadratisch) {kappa:.2f}.</translation>
    </message>
    <message>
        <source>{score} by the reader</source>
        <translation>{score} vom Leser</translation>
    </message>
    <message>
        <source>The model&apos;s probabilities: {shares}</source>
        <translation>Wahrscheinlichkeiten des Modells: {shares}</translation>
    </message>
    <message>
        <source>{count} of 8 parts are a reader&apos;s.</source>
        <translation>{count} von 8 Teilen sind von einem Leser.</translation>
    </message>
    <message>
        <source>Sum</source>
        <translation>Summe</translation>
    </message>
    <message>
        <source>By that length alone it would be {score}.</source>
        <translation>Nach dieser Länge allein wäre es {score}.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_run</name>
    <message>
        <source>Model folder of vertebrae (nnU-Net v2, 2D) or of the Kauppila score</source>
        <translation>Modellordner für Wirbel (nnU-Net v2, 2D) oder für den Kauppila-Score</translation>
    </message>
    <message>
        <source>The result of &apos;{name}&apos; was corrected ({count}). Running again makes a new one in its place.</source>
        <translation>Das Ergebnis von „{name}“ wurde korrigiert ({count}). Erneutes Starten macht ein neues an seiner Stelle.</translation>
    </message>
    <message>
        <source>Find the vertebrae, and score the aorta in front of L1 to L4.</source>
        <translation>Wirbel finden und die Aorta vor L1 bis L4 bewerten.</translation>
    </message>
    <message>
        <source>Load a lateral radiograph (Add Data, DICOM or Sample Data), or choose one under Inputs.</source>
        <translation>Laden Sie eine seitliche Röntgenaufnahme (Add Data, DICOM oder Sample Data), oder wählen Sie eine unter Eingaben.</translation>
    </message>
    <message>
        <source>Keep as earlier version</source>
        <translation>Als frühere Version behalten</translation>
    </message>
    <message>
        <source>Do not keep</source>
        <translation>Nicht behalten</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_scores</name>
    <message>
        <source>Click on a score to see its region, and to correct it.</source>
        <translation>Klicken Sie auf einen Wert, um seine Gegend zu sehen und ihn zu korrigieren.</translation>
    </message>
    <message>
        <source>Nothing scored yet.</source>
        <translation>Noch nichts bewertet.</translation>
    </message>
    <message>
        <source>Notes ({count})</source>
        <translation>Hinweise ({count})</translation>
    </message>
    <message>
        <source>Corrections ({count})</source>
        <translation>Korrekturen ({count})</translation>
    </message>
    <message>
        <source>Undone: {what}</source>
        <translation>Rückgängig gemacht: {what}</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.recovery_bar</name>
    <message>
        <source>Corrections of &apos;{name}&apos; were not saved when Slicer ended ({count} edits, last {time} UTC).</source>
        <translation>Korrekturen von „{name}“ waren nicht gespeichert, als Slicer endete ({count} Änderungen, die letzte {time} UTC).</translation>
    </message>
    <message>
        <source>Corrections of &apos;{name}&apos; were not saved when Slicer ended (last edit {time} UTC).</source>
        <translation>Korrekturen an „{name}“ waren nicht gespeichert, als Slicer endete (letzte {time} UTC).</translation>
    </message>
    <message>
        <source>Recovered; save the scene, and press Recompute.</source>
        <translation>Wiederhergestellt; Szene speichern und Neu berechnen drücken.</translation>
    </message>
    <message>
        <source>Corrections of radiographs were not saved: see the page Radiograph.</source>
        <translation>Korrekturen von Röntgenbildern wurden nicht gespeichert: siehe die Seite Röntgenbild.</translation>
    </message>
    <message>
        <source>Corrections of CTs were not saved: see the page CT.</source>
        <translation>Korrekturen von CTs wurden nicht gespeichert: siehe die Seite CT.</translation>
    </message>
    <message>
        <source>Recovered, and not removed from the disk, since it cannot be written anew ({reason}).</source>
        <translation>Wiederhergestellt und nicht von der Festplatte entfernt, da es nicht neu geschrieben werden kann ({reason}).</translation>
    </message>
    <message>
        <source>Delete the corrections of &apos;{name}&apos; for good?</source>
        <translation>Die Korrekturen von „{name}“ endgültig löschen?</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Recovered; save the scene.</source>
        <translation>Wiederhergestellt; Szene speichern.</translation>
    </message>
    <message>
        <source>Keeping what was recovered</source>
        <translation>Wiederhergestelltes wird gesichert</translation>
    </message>
    <message>
        <source> {count} more after it.</source>
        <translation> Danach {count} weitere.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.result_rows</name>
    <message>
        <source>Group: {name}. Groups begin at {cuts}; our choice, not related to outcomes.</source>
        <translation>Gruppe: {name}. Die Gruppen beginnen bei {cuts}; von uns gewählt, ohne Bezug zum Krankheitsverlauf.</translation>
    </message>
    <message>
        <source>Centre: R {r}, A {a}, S {s} mm</source>
        <translation type="unfinished"></translation>
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
        <source>As often as that, such a one was right on simulated CT.</source>
        <translation>So oft war dergleichen auf simuliertem CT richtig.</translation>
    </message>
    <message>
        <source>The model was not calibrated: how certain it is says nothing about how often it is right.</source>
        <translation>Das Modell ist nicht kalibriert: Wie sicher es ist, sagt nicht, wie oft es recht hat.</translation>
    </message>
    <message>
        <source>It was not asked for.</source>
        <translation>Danach wurde nicht gefragt.</translation>
    </message>
    <message>
        <source>The mask was given: no model made it.</source>
        <translation>Die Maske war gegeben: Kein Modell hat sie gemacht.</translation>
    </message>
    <message>
        <source>A threshold found it: no model tells how certain it is.</source>
        <translation>Ein Schwellenwert hat es gefunden: Kein Modell sagt, wie sicher es ist.</translation>
    </message>
    <message>
        <source>Corrected, or other voxels than the model found: how certain it was says nothing any more.</source>
        <translation>Korrigiert, oder andere Voxel als die vom Modell gefundenen: Wie sicher es war, sagt nichts mehr.</translation>
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
        <source>Confi-
dence</source>
        <translation>Konfi-
denz</translation>
    </message>
    <message>
        <source>Probability that the mask of the artery overlaps the true one well; a dash where nothing tells it.</source>
        <translation>Wahrscheinlichkeit, dass die Maske der Arterie gut mit der wahren überlappt; ein Strich, wo nichts darüber bekannt ist.</translation>
    </message>
    <message>
        <source>Artery</source>
        <translation>Arterie</translation>
    </message>
    <message>
        <source>Sorts by artery, and within it by the number at the left.</source>
        <translation>Sortiert nach Arterie, und darin nach der Nummer links.</translation>
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
        <source>Probability that it is calcium of an artery.</source>
        <translation>Wahrscheinlichkeit, dass es Kalk einer Arterie ist.</translation>
    </message>
    <message>
        <source>You looked at this one.</source>
        <translation>Diesen haben Sie angesehen.</translation>
    </message>
    <message>
        <source>Rejected by {reader}, {time}.</source>
        <translation>Verworfen von {reader}, {time}.</translation>
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
        <source>Clusters were given to other arteries: press Recompute for the numbers of these.</source>
        <translation>Cluster wurden anderen Arterien zugeordnet: Neu berechnen, damit die Zahlen dazu passen.</translation>
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
    <name>AbdominalCalcificationPanel.retraining_view</name>
    <message>
        <source>Cases that are done become a model; it is offered where it is better on those held out.</source>
        <translation>Aus fertigen Fällen wird ein Modell; angeboten wird es, wenn es bei den zurückgehaltenen besser ist.</translation>
    </message>
    <message>
        <source>It ends after the step at hand, with a checkpoint; Resume goes on from there.</source>
        <translation>Er endet nach dem laufenden Schritt, mit Zwischenstand; Fortsetzen macht dort weiter.</translation>
    </message>
    <message>
        <source>Several artery models are chosen; choose the one to start from under Inputs.</source>
        <translation>Mehrere Arterienmodelle sind gewählt; wählen Sie unter Eingaben das, von dem ausgegangen wird.</translation>
    </message>
    <message>
        <source>, about {time} left</source>
        <translation>, noch etwa {time}</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>Beginnt</translation>
    </message>
    <message>
        <source>The model is not in &apos;{path}&apos; any more.</source>
        <translation>Das Modell ist nicht mehr in &apos;{path}&apos;.</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.review_numbers</name>
    <message>
        <source>Total burden {burden}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.review_view</name>
    <message>
        <source>The scene is being closed.</source>
        <translation>Die Szene wird geschlossen.</translation>
    </message>
    <message>
        <source>Choose a CT volume first.</source>
        <translation>Zuerst ein CT-Volumen wählen.</translation>
    </message>
    <message>
        <source>&apos;{mask}&apos; is chosen as both masks, and painting one would change the other: clone it in the Data module, and choose the clone as one of them.</source>
        <translation>„{mask}“ ist als beide Masken gewählt, und eine zu malen würde die andere ändern: im Modul Data klonen und den Klon als eine von beiden wählen.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Undo: {step}</source>
        <translation>Rückgängig: {step}</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Redo: {step}</source>
        <translation>Wiederholen: {step}</translation>
    </message>
    <message>
        <source>There are no artery masks yet: press Run, or choose some under Inputs.</source>
        <translation>Es gibt noch keine Arterienmasken: Starten drücken oder unter Eingaben welche wählen.</translation>
    </message>
    <message>
        <source>There is no calcification mask yet: press Run, or choose one under Inputs.</source>
        <translation>Es gibt noch keine Verkalkungsmaske: Starten drücken oder unter Eingaben eine wählen.</translation>
    </message>
    <message>
        <source>add {artery}</source>
        <translation>{artery} hinzufügen</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.run_control</name>
    <message>
        <source>{masks}: corrected by hand, or not made here. Running again makes new masks in their place.</source>
        <translation>{masks}: von Hand korrigiert oder nicht hier erstellt. Ein neuer Lauf setzt neue Masken an ihre Stelle.</translation>
    </message>
    <message>
        <source>Segment what is needed, then measure.</source>
        <translation>Segmentieren, was noch fehlt, dann messen.</translation>
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
        <source>Keep as earlier version</source>
        <translation>Als frühere Version behalten</translation>
    </message>
    <message>
        <source>Do not keep</source>
        <translation>Nicht behalten</translation>
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
    <name>AbdominalCalcificationPanel.state</name>
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
</context>
<context>
    <name>AbdominalCalcificationPanel.territory_choice</name>
    <message>
        <source>{artery}: add a segment</source>
        <translation>{artery}: Segment hinzufügen</translation>
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
<context>
    <name>AbdominalCalcificationPanel.undo_stack</name>
    <message>
        <source>change of {segment}</source>
        <translation>Änderung von {segment}</translation>
    </message>
    <message>
        <source>{tool}, {segment}</source>
        <translation>{tool}, {segment}</translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.versions_view</name>
    <message>
        <source>Put aside {name}; {count} voxels changed, last by {editor}.</source>
        <translation>Abgelegt: {name}; {count} Voxel geändert, zuletzt von {editor}.</translation>
    </message>
    <message>
        <source>Restored; what it replaced is an earlier version now. Press Recompute.</source>
        <translation>Zurückgeholt; was ersetzt wurde, ist jetzt eine frühere Version. Neu berechnen drücken.</translation>
    </message>
    <message>
        <source>Delete this version? {version}</source>
        <translation>Diese Version löschen? {version}</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Arteries</source>
        <translation>Arterien</translation>
    </message>
    <message>
        <source>Calcification</source>
        <translation>Verkalkung</translation>
    </message>
    <message>
        <source>Put aside {name}; not made here.</source>
        <translation>Abgelegt: {name}; nicht hier erstellt.</translation>
    </message>
    <message>
        <source>Put aside {name}; as it was made.</source>
        <translation>Abgelegt: {name}; wie erstellt.</translation>
    </message>
</context>
<context>
    <name>Radiograph</name>
    <message>
        <source>Put these corrections onto their radiograph; what they replace stays as an earlier version.</source>
        <translation>Bringt diese Korrekturen auf ihr Röntgenbild; was sie ersetzen, bleibt als frühere Version.</translation>
    </message>
    <message>
        <source>Recover</source>
        <translation>Wiederherstellen</translation>
    </message>
    <message>
        <source>Delete them from this computer&apos;s disk.</source>
        <translation>Löscht sie von der Festplatte dieses Rechners.</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Inputs</source>
        <translation>Eingaben</translation>
    </message>
    <message>
        <source>Radiograph:</source>
        <translation>Röntgenbild:</translation>
    </message>
    <message>
        <source>Lateral radiograph of the lumbar spine: a volume of a single slice, from DICOM, PNG or TIFF.</source>
        <translation>Seitliche Röntgenaufnahme der Lendenwirbelsäule: ein Volumen aus einer Schicht, aus DICOM, PNG oder TIFF.</translation>
    </message>
    <message>
        <source>Choose a radiograph</source>
        <translation>Röntgenbild wählen</translation>
    </message>
    <message>
        <source>Patient faces:</source>
        <translation>Patient schaut:</translation>
    </message>
    <message>
        <source>Where in the image the front of the patient is. A wrong side takes the front for the back.</source>
        <translation>Wo im Bild die Vorderseite des Patienten ist. Eine falsche Seite hält vorn für hinten.</translation>
    </message>
    <message>
        <source>Tick this where the image is a negative of the usual one: it is inverted before it is scored.</source>
        <translation>Ankreuzen, wo das Bild ein Negativ des üblichen ist: es wird umgekehrt, bevor es bewertet wird.</translation>
    </message>
    <message>
        <source>Bone is dark in the view</source>
        <translation>Knochen ist in der Ansicht dunkel</translation>
    </message>
    <message>
        <source>Pixel size:</source>
        <translation>Pixelgröße:</translation>
    </message>
    <message>
        <source>Distance of rows and of columns in the patient&apos;s plane, in mm: one number for both, or two, as in 0.15 x 0.2. It goes before what the image says, and is kept with the image. The score does not depend on it.</source>
        <translation>Abstand der Zeilen und der Spalten in der Ebene des Patienten in mm: eine Zahl für beide oder zwei wie in 0.15 x 0.2. Geht dem vor, was das Bild sagt, und bleibt beim Bild. Der Score hängt nicht davon ab.</translation>
    </message>
    <message>
        <source>mm; empty: what the image says</source>
        <translation>mm; leer: was das Bild sagt</translation>
    </message>
    <message>
        <source>Model folders:</source>
        <translation>Modellordner:</translation>
    </message>
    <message>
        <source>Folders of a model of vertebrae (nnU-Net v2, 2D), of one of the Kauppila score, or of both, separated by &apos;;&apos;. What is not named is bundled.</source>
        <translation>Ordner eines Modells für Wirbel (nnU-Net v2, 2D), eines für den Kauppila-Score oder beider, getrennt durch ‚;‘. Was nicht genannt ist, ist das mitgelieferte.</translation>
    </message>
    <message>
        <source>the bundled ones (simulated radiographs)</source>
        <translation>die mitgelieferten (simulierte Röntgenbilder)</translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation>Ordner wählen</translation>
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
        <source>Find the vertebrae, and score the aorta in front of L1 to L4.</source>
        <translation>Wirbel finden und die Aorta vor L1 bis L4 bewerten.</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Starten</translation>
    </message>
    <message>
        <source>End what is at work; the scene stays as it is.</source>
        <translation>Beenden, was läuft; die Szene bleibt, wie sie ist.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Score</source>
        <translation>Score</translation>
    </message>
    <message>
        <source>Nothing scored yet.</source>
        <translation>Noch nichts bewertet.</translation>
    </message>
    <message>
        <source>Table by which the score has a degree of severity. None of them is validated for this program; hold the mouse over the score for its source.</source>
        <translation>Tabelle, nach der der Score einen Schweregrad hat. Keine ist für dieses Programm validiert; die Quelle zeigt der Mauszeiger über dem Score.</translation>
    </message>
    <message>
        <source>Kauppila score of each wall in front of each vertebra, 0 to 3, and how probable the model found it. Click on a score to see its region.</source>
        <translation>Kauppila-Score jeder Wand vor jedem Wirbel, 0 bis 3, und für wie wahrscheinlich das Modell ihn hielt. Klicken Sie auf einen Wert, um seine Gegend zu sehen.</translation>
    </message>
    <message>
        <source>No deposits in the chosen part.</source>
        <translation>Keine Ablagerungen im gewählten Teil.</translation>
    </message>
    <message>
        <source>0</source>
        <translation>0</translation>
    </message>
    <message>
        <source>Deposits along less than a third of the wall.</source>
        <translation>Ablagerungen auf weniger als einem Drittel der Wand.</translation>
    </message>
    <message>
        <source>1</source>
        <translation>1</translation>
    </message>
    <message>
        <source>Deposits along a third to less than two thirds of the wall.</source>
        <translation>Ablagerungen auf einem Drittel bis unter zwei Dritteln der Wand.</translation>
    </message>
    <message>
        <source>2</source>
        <translation>2</translation>
    </message>
    <message>
        <source>Deposits along two thirds of the wall or more.</source>
        <translation>Ablagerungen auf zwei Dritteln der Wand oder mehr.</translation>
    </message>
    <message>
        <source>3</source>
        <translation>3</translation>
    </message>
    <message>
        <source>Not assessable: the chosen part cannot be judged in this image. There is no sum then.</source>
        <translation>Nicht beurteilbar: der gewählte Teil ist in diesem Bild nicht zu beurteilen. Dann gibt es keine Summe.</translation>
    </message>
    <message>
        <source>–</source>
        <translation>–</translation>
    </message>
    <message>
        <source>Give the chosen part the score back that the model had given it.</source>
        <translation>Dem gewählten Teil den Wert des Modells zurückgeben.</translation>
    </message>
    <message>
        <source>As model</source>
        <translation>Wie Modell</translation>
    </message>
    <message>
        <source>Undo the last correction.</source>
        <translation>Die letzte Korrektur rückgängig machen.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Show the whole radiograph again.</source>
        <translation>Das ganze Röntgenbild wieder zeigen.</translation>
    </message>
    <message>
        <source>Whole image</source>
        <translation>Ganzes Bild</translation>
    </message>
    <message>
        <source>Write score, vertebrae, picture and report into a folder, as the command line does.</source>
        <translation>Score, Wirbel, Bild und Bericht in einen Ordner schreiben, wie die Befehlszeile.</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren…</translation>
    </message>
    <message>
        <source>Leave out of the result folder what tells who the patient is and who reads.</source>
        <translation>Aus dem Ergebnisordner weglassen, was sagt, wer der Patient ist und wer liest.</translation>
    </message>
    <message>
        <source>Export without names</source>
        <translation>Ohne Namen exportieren</translation>
    </message>
    <message>
        <source>A page for people, as PDF and HTML.</source>
        <translation>Eine Seite für Menschen, als PDF und HTML.</translation>
    </message>
    <message>
        <source>Export a report</source>
        <translation>Bericht exportieren</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>Hinweise</translation>
    </message>
    <message>
        <source>Corrections</source>
        <translation>Korrekturen</translation>
    </message>
    <message>
        <source>Vertebrae and walls</source>
        <translation>Wirbel und Wände</translation>
    </message>
    <message>
        <source>Every vertebra gets the name of the one above it: L2 becomes L1. Scores go with their vertebrae; a level in front of which nobody looked is not assessed.</source>
        <translation>Jeder Wirbel bekommt den Namen des Wirbels darüber: L2 wird L1. Die Werte gehen mit ihren Wirbeln; eine Höhe, vor der niemand geschaut hat, ist nicht beurteilt.</translation>
    </message>
    <message>
        <source>All one level up</source>
        <translation>Alle eine Höhe hinauf</translation>
    </message>
    <message>
        <source>Every vertebra gets the name of the one below it: L1 becomes L2. Scores go with their vertebrae; a level in front of which nobody looked is not assessed.</source>
        <translation>Jeder Wirbel bekommt den Namen des Wirbels darunter: L1 wird L2. Die Werte gehen mit ihren Wirbeln; eine Höhe, vor der niemand geschaut hat, ist nicht beurteilt.</translation>
    </message>
    <message>
        <source>All one level down</source>
        <translation>Alle eine Höhe hinunter</translation>
    </message>
    <message>
        <source>Vertebra that has a wrong name.</source>
        <translation>Wirbel, der einen falschen Namen hat.</translation>
    </message>
    <message>
        <source>is</source>
        <translation>ist</translation>
    </message>
    <message>
        <source>What it is.</source>
        <translation>Was er ist.</translation>
    </message>
    <message>
        <source>Give this one vertebra the other name.</source>
        <translation>Diesem einen Wirbel den anderen Namen geben.</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Drag the points of the two curves onto the walls of the aorta. Lines, lengths and the places of deposits follow; scores stay, since the model has seen the image and no line: correct those that are wrong.</source>
        <translation>Die Punkte der beiden Kurven auf die Wände der Aorta ziehen. Linien, Längen und die Orte der Ablagerungen folgen; die Werte bleiben, denn das Modell hat das Bild gesehen und keine Linie: korrigieren Sie, was falsch ist.</translation>
    </message>
    <message>
        <source>Move walls</source>
        <translation>Wände verschieben</translation>
    </message>
    <message>
        <source>Put both walls back to where the model had them.</source>
        <translation>Beide Wände dorthin zurücksetzen, wo das Modell sie hatte.</translation>
    </message>
    <message>
        <source>Walls as model</source>
        <translation>Wände wie Modell</translation>
    </message>
    <message>
        <source>Two readings</source>
        <translation>Zwei Befunde</translation>
    </message>
    <message>
        <source>Reading that this one is compared with: the model&apos;s own, an earlier version, or a file.</source>
        <translation>Befund, mit dem dieser verglichen wird: der des Modells, eine frühere Fassung oder eine Datei.</translation>
    </message>
    <message>
        <source>Compare with the radiograph.json of another reader.</source>
        <translation>Mit der radiograph.json eines anderen Lesers vergleichen.</translation>
    </message>
    <message>
        <source>File…</source>
        <translation>Datei…</translation>
    </message>
    <message>
        <source>Both readings part by part; the difference is this one less the other.</source>
        <translation>Beide Befunde Teil für Teil; der Unterschied ist dieser weniger der andere.</translation>
    </message>
    <message>
        <source>CT of the same patient</source>
        <translation>CT desselben Patienten</translation>
    </message>
    <message>
        <source>CT volume:</source>
        <translation>CT-Volumen:</translation>
    </message>
    <message>
        <source>CT of the same patient, the one of the page CT; its masks are scored.</source>
        <translation>CT desselben Patienten, das der Seite CT; seine Masken werden bewertet.</translation>
    </message>
    <message>
        <source>Choose a CT volume</source>
        <translation>CT-Volumen wählen</translation>
    </message>
    <message>
        <source>Vertebrae:</source>
        <translation>Wirbel:</translation>
    </message>
    <message>
        <source>Segmentation of the vertebrae on the CT: segments called L1, L2 and so on, or as TotalSegmentator calls them.</source>
        <translation>Segmentierung der Wirbel im CT: Segmente mit den Namen L1, L2 und so weiter, oder wie TotalSegmentator sie nennt.</translation>
    </message>
    <message>
        <source>Choose a segmentation</source>
        <translation>Segmentierung wählen</translation>
    </message>
    <message>
        <source>Simulate the lateral radiograph of this CT, and score its masks on it by the same definition. The simulated radiograph becomes an image of the scene, its score a reading to compare with.</source>
        <translation>Die seitliche Röntgenaufnahme dieses CT simulieren und seine Masken darauf nach derselben Definition bewerten. Das simulierte Bild kommt in die Szene, sein Wert zu den Befunden, mit denen verglichen wird.</translation>
    </message>
    <message>
        <source>Score the CT</source>
        <translation>CT bewerten</translation>
    </message>
</context>
</TS>
