<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US" sourcelanguage="en_US">
<context>
    <name>AbdominalCalcification</name>
    <message>
        <source>Inputs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CT volume:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Contrast-enhanced CT of the abdomen, in Hounsfield units.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a CT volume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arteries from:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the artery masks come from.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model folders:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nnU-Net v2 model folders; several are merged by label name. Separate them with &apos;;&apos;.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nnU-Net v2 folders, separated by ;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcification from:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the calcification mask comes from.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model folder:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nnU-Net v2 model folder with a label &apos;calcification&apos;.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nnU-Net v2 folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Label names:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What labels of these models mean whose names are not understood, as in my_aorta=aorta, lumen_l=renal_left.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>only for names that are not understood: NAME=TERRITORY, …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Threshold:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&apos;realistic&apos; takes a threshold from the lumen of this case (&apos;realistic:1.5&apos; changes its factor); &apos;fixed:300&apos; is 300 HU.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>realistic, realistic:FACTOR or fixed:HU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Artery masks:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One segment per artery. Run writes them here; the arteries of a segmentation of your own can be measured too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Made by Run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcification mask:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The calcified voxels. Run writes them here; a segmentation of your own can be measured too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segment what is needed, then measure.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop at once; the scene stays as it is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A segment of a chosen mask whose name and terminology say nothing that is measured.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Say what the segment is; it is kept with the segment.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Results</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing measured yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Notes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show arteries (translucent), calcification and cut-off ends (grey) in 3D.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show 3D</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show burden per artery as a chart beside the views.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chart</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measure the artery and calcification masks as they are now, corrections included. Needs no model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recompute</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write masks, tables, measurements.json, a picture and the scene into a folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write no names of files, nodes, models and persons, no UIDs and no descriptions. The voxels of the CT are in the scene as they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export anonymously</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clusters: click one to see it in all views.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go to the cluster above in the list (Shift+N).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>◀</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go to the cluster below in the list (N).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>▶</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note that you looked at this cluster (K).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take this cluster out of the calcification mask; it stays in the list and can be restored.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reject</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put this rejected cluster back into the calcification mask.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The artery that this cluster belongs to, whatever is nearest to it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the colours of the clusters say in the views; nothing that is measured.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click on a missed plaque in a slice view: what would be added is shown first. With Ctrl a click removes calcification.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add plaque</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add what is shown to the calcification mask.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add nothing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show on each branch where its kept length ends; drag a mark along the branch to change it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kept lengths</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the piece that is clicked, or what lies beyond a cut, becomes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click on a piece of an artery in a slice view: it becomes the artery chosen at the left.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click on an artery in a slice view: it is cut there, and what lies beyond becomes the artery chosen at the left.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Split</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click on a piece of an artery in a slice view: it is joined over the gap to its artery, or to the one that it leaves.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Join</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove the pieces of arteries that hang together with nothing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove loose pieces</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Along the vessels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export as DICOM, too</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export a report, too</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The vessel that is laid out straight.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The vessel laid out straight, its plaques outlined; below it the areas of its section (in the artery&apos;s colour) and of the calcification in it (yellow).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Path length:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The place along the vessel; the views go there, and it follows the crosshair.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Turn:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Turn the cut around the vessel.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>°</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Colour the surface of the arteries in 3D by calcified / artery volume within 5 mm to both sides, from 0 to 50 %.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Colour by local burden</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the areas along the vessel as a chart; a point picked there is looked at.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Earlier versions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Masks as they were before a run or another version took their place; kept with the scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put this version back; the mask as it is now becomes an earlier version too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forget this version.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Review</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Correct the artery masks (key A). The calcification mask stays as it is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arteries</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Correct the calcification mask (key C). The artery masks stay as they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcification</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The artery that is painted: what is painted is taken from the other arteries. One without a segment gets an empty one, with its name, colour and codes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paint only where the CT is that bright, and near an artery (key I). What only removes, such as Erase, is never limited.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only above</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paint only what is not brighter than that: the rim of a plaque, or blood inside it (key X).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Invert</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take the last change of either mask back, whatever made it (key Z).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Do again what was taken back last (key Y).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compare</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which masks of the two segmentations are compared. Calcification is divided by the artery masks under Inputs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A (reference):</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The segmentation that the other is judged by.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The mask under Inputs, as it is now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>B:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another method or reader; left open, what the model made before you corrected it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A as it was made, before correction</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tell how well B agrees with A, and show where they differ. Needs no model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing compared yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sensitivity and precision are those of B. A dash stands for a ratio of nothing to nothing, or a distance to nothing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show where the masks agree and differ, in place of the masks themselves.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show disagreement</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What both masks hold.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Both</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What B misses.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only A</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What B holds beyond A.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only B</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Case list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>List:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A folder of images, of DICOM folders or of case folders, or a CSV table with the columns id and ct.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reader:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your work is kept by this name, apart from that of other readers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the case that is selected in the list.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the case before.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the case after.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the next case that is neither done nor rejected.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next to do</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How far the case is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rating of image or masks, 1 to 5.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save masks, numbers, status, rating and notes; the case stays open.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write a table of the cases that are done, for export-dataset and evaluate.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hand over</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Notes on the case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retraining</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model of:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which masks are learnt. It starts from the model that is chosen under Inputs, and has to beat it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Minutes:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How long to train in all. An evening on a processor, some minutes on a GPU.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Train on the cases of the open list that are done, as a job of its own: it goes on when Slicer is closed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retrain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End the job after the step at hand, with a checkpoint.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on where the job stopped.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose the new model under Inputs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the networks run. Automatic takes a GPU where there is one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tile step:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Distance of neighbouring tiles as a part of their width. Less is slower and smoother; nnU-Net&apos;s default is 0.5.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folds:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folds of the chosen model folders that are averaged, such as 0,1,2. Each takes its time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all that are there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Average over mirrored images, where a model was trained with them: up to eight times the work.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mirroring (test-time augmentation)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Renal arteries kept:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Path length from the aorta that is measured. This default is this program&apos;s own choice; published work gives none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> mm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put these masks onto their CT; what they replace stays as an earlier version.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recover</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete them from this computer&apos;s disk.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Discard</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mesenteric arteries kept:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Common iliac arteries kept:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Farthest from an artery:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcification farther than this from every artery is reported as unassigned.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smallest cluster:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smaller clusters are left out of every number but reported as a sum.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> mm³</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A checkpoint that holds more than weights can run any code on this computer. Needed for some model folders; not kept with the scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trust the chosen models&apos; checkpoints to run code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install what models need into Slicer&apos;s Python.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install packages…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Abdominal Calcification</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcification of the aorta on a lateral radiograph: the Kauppila score</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CT</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcification of the abdominal arteries on CT</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Radiograph</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.about</name>
    <message>
        <source>Measures calcification of the abdominal arteries on CT angiograms: segments the aorta, its visceral and renal branches and the common iliac arteries, finds calcification, and reports calcified volume, burden and clusters per artery. The models that ship with it were trained on simulated CT: for trying and testing, not for diagnosis.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The measures follow Halkoaho et al. 2026, Acta Radiologica Open, doi 10.1177/20584601261431608.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tutorial</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How each number is defined</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keys of the review</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Troubleshooting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is stored, and where</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Questions and faults</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.case_list_view</name>
    <message>
        <source>{count} cases that are done: {path}. For training: abdominal-calcification export-dataset {path} …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>untouched</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in progress</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rejected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No case is open.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Status</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rating</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of image or masks, 1 to 5.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Minutes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How long the case was worked on, without pauses.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Notes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save, then go on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on without</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You have saved no masks of this case; these are the list&apos;s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Case {number} of {count}: {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The case &apos;{name}&apos; was changed and not saved.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No case is left to do in this direction.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No more cases.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved in {folder}</source>
        <translation type="unfinished"></translation>
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
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>renamed piece</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>removed loose pieces</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>removed calcification</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{proposal} Shown in yellow; press Add to take it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>joined gap</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cut artery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(removed)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.cluster_coloring</name>
    <message>
        <source>Clusters in one colour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clusters coloured by artery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clusters coloured by size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clusters coloured by HU</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.cluster_list</name>
    <message>
        <source>restoring of a cluster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{seen} of {count} seen, {rejected} rejected.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rejection of cluster {number}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.cluster_territory</name>
    <message>
        <source>Belongs to the nearest artery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cluster {number} to the {artery}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Belongs to: {artery}</source>
        <translation type="unfinished"></translation>
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
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Done.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A mask was changed since: press Compare for numbers that belong to it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.cut_points</name>
    <message>
        <source>Drag a mark along its branch to change the kept length.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.disk_saves</name>
    <message>
        <source>Corrections cannot be kept against a crash ({reason}): save the scene often.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.export_control</name>
    <message>
        <source>One to three pages for people, as PDF and HTML; among the DICOM objects, too, if there are any.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A report needs Python packages: slicer.util.pip_install([&apos;jinja2&apos;, &apos;reportlab&apos;]).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The CT was not loaded from DICOM, so there is no study to which DICOM results could belong.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>DICOM results need the Python package highdicom: slicer.util.pip_install(&apos;highdicom&apos;).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder for the result folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segmentations and a structured report in the study of the CT, for archives and viewers; and, where the report is exported, too, that as Encapsulated PDF and Secondary Capture. Ticking this ticks the report; untick it to leave it out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segmentations and a structured report in the study of the CT, for archives and viewers; without the report, whose Python packages are missing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Replace its results</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&apos;{folder}&apos; exists already.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exported to {folder}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.history_keeper</name>
    <message>
        <source>&apos;{name}&apos; is chosen as both masks: what is corrected in it is not followed as it should be.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.inputs_view</name>
    <message>
        <source>nnU-Net v2 model folder for arteries</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nnU-Net v2 model folder for calcification</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.installer</name>
    <message>
        <source>It goes into {folder}. Measuring given masks and thresholding work without it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PyTorch could not be installed ({reason}); see the module PyTorch Utils.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no reason was given</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The NNUNet extension needs a restart of Slicer; restart, then press Install again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{packages} could not be installed; check the network and the log, or install the PyTorch and NNUNet extensions in the Extensions Manager.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The NNUNet extension could not install nnU-Net ({reason}).</source>
        <translation type="unfinished"></translation>
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
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>erase</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>scissors</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>islands</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>margin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>smoothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>grow from seeds</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.message_view</name>
    <message>
        <source>Internal error: {error}; see the Python console.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.packages_view</name>
    <message>
        <source>The packages that models need are installed. How to remove them: Help, Troubleshooting.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Installed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install, then run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Installing {packages}; this can take minutes…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.painting_limits</name>
    <message>
        <source>Only up to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only above</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preparing …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Painted wherever the brush is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preparing where calcification may be painted: {stage}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The threshold by which the mask was made.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proposed: {hu:.0f} HU. {how}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Usual with contrast medium; no artery tells of the blood of this case.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Anywhere: there is no artery that it could be near.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>And only within {reach:g} mm of an artery.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Anywhere: {error}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.panel</name>
    <message>
        <source>&apos;{name}&apos; only shows a result and is no mask; choose another segmentation.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.parameters</name>
    <message>
        <source>Arteries from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bundled model (simulated CT)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TotalSegmentator weights on this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nnU-Net models of your own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Artery masks in the scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nnU-Net model of your own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcification mask in the scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>NVIDIA GPU (CUDA)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Apple GPU (MPS)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcification</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arteries</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To the left of the image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To the right of the image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ML-AAC24: 0–1, 2–5, 6 and more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dialysis: 0–4, 5–15, 16–24</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>None to severe: 0, 1–4, 5–15, 16–24</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcification from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model folder is named under &apos;{field}&apos;; choose an nnU-Net v2 model folder.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.question_bar</name>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_compare</name>
    <message>
        <source>Another reading of this radiograph</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Readings (*.json)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing to compare yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the model had it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CT: {name}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_edits</name>
    <message>
        <source>Each vertebra has one of the names {names}, and no two have the same; the name was taken back.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_export</name>
    <message>
        <source>A page for people, as PDF and HTML.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exported to {folder}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_levels</name>
    <message>
        <source>Levels in front of which nobody looked are not assessed; score them.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_of_ct</name>
    <message>
        <source>Something is at work; wait for it, or cancel it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose the CT of the same patient.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The CT has no masks of arteries and calcification yet: analyse it on the page CT.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a segmentation of its vertebrae, such as TotalSegmentator makes.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_page</name>
    <message>
        <source>Done.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_rows</name>
    <message>
        <source>Affected vertebrae {segments} of 4, affected walls {walls} of 8.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{agreeing} of {both} parts that both assessed are the same.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not assessed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&lt;b&gt;No sum&lt;/b&gt;: {missing} of 8 parts are not assessed; the others come to {known}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&apos;Pixel size&apos;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&apos;Patient faces&apos;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&apos;Bone is dark in the view&apos;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Anterior wall</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Posterior wall</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No wall is drawn in front of this vertebra.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kauppila score &lt;b&gt;{total}&lt;/b&gt; of 24</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The other</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Difference</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weighted kappa is not defined here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deposits along {percent:.0f} % of the wall.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> (90 % interval {low:.0f} to {high:.0f})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weighted kappa (quadratic) {kappa:.2f}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{score} by the reader</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model&apos;s probabilities: {shares}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} of 8 parts are a reader&apos;s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sum</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By that length alone it would be {score}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_run</name>
    <message>
        <source>Model folder of vertebrae (nnU-Net v2, 2D) or of the Kauppila score</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The result of &apos;{name}&apos; was corrected ({count}). Running again makes a new one in its place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find the vertebrae, and score the aorta in front of L1 to L4.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load a lateral radiograph (Add Data, DICOM or Sample Data), or choose one under Inputs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep as earlier version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Do not keep</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.radiograph_scores</name>
    <message>
        <source>Click on a score to see its region, and to correct it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing scored yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Notes ({count})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Corrections ({count})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undone: {what}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.recovery_bar</name>
    <message>
        <source>Corrections of &apos;{name}&apos; were not saved when Slicer ended ({count} edits, last {time} UTC).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Corrections of &apos;{name}&apos; were not saved when Slicer ended (last edit {time} UTC).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recovered; save the scene, and press Recompute.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Corrections of radiographs were not saved: see the page Radiograph.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Corrections of CTs were not saved: see the page CT.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recovered, and not removed from the disk, since it cannot be written anew ({reason}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the corrections of &apos;{name}&apos; for good?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recovered; save the scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keeping what was recovered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> {count} more after it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.result_rows</name>
    <message>
        <source>Group: {name}. Groups begin at {cuts}; our choice, not related to outcomes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Centre: R {r}, A {a}, S {s} mm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Total</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sum of the calcified volumes / sum of the artery volumes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As often as that, such a one was right on simulated CT.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model was not calibrated: how certain it is says nothing about how often it is right.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It was not asked for.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The mask was given: no model made it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A threshold found it: no model tells how certain it is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Corrected, or other voxels than the model found: how certain it was says nothing any more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Burden
%</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcified volume / artery volume; a dash where the artery was not found.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcified
mm³</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcified volume within the kept length.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clusters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of connected calcifications.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Artery
mL</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Volume of the artery within the kept length, calcification included.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mean
mm³</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mean volume of the clusters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Largest
mm³</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Volume of the largest cluster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confi-
dence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Probability that the mask of the artery overlaps the true one well; a dash where nothing tells it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Artery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sorts by artery, and within it by the number at the left.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Volume
mm³</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Mean
HU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Max.
HU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Path
mm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Along a branch from where it leaves its parent; in the aorta upwards.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Extent
mm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Greatest distance between two of its voxels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Probability that it is calcium of an artery.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You looked at this one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rejected by {reader}, {time}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.results_view</name>
    <message>
        <source>The numbers are being brought up to date.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The masks were changed: press Recompute for numbers that belong to them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other masks are chosen than those that were measured: press Recompute for their numbers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other lengths are set under Advanced than those measured with: press Recompute to use them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No artery was found.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing measured yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clusters were given to other arteries: press Recompute for the numbers of these.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Done. {masks}: edited meanwhile and kept; the new mask is beside it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Notes ({count})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The masks were changed, and the numbers cannot follow: {why}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Total burden &lt;b&gt;{burden:.2f} %&lt;/b&gt;: {calcified:.1f} mm³ calcified of {artery:.2f} mL artery, in {clusters} clusters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Done.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>beyond the kept lengths</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>near no artery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not counted: {what}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.retraining_view</name>
    <message>
        <source>Cases that are done become a model; it is offered where it is better on those held out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It ends after the step at hand, with a checkpoint; Resume goes on from there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Several artery models are chosen; choose the one to start from under Inputs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, about {time} left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model is not in &apos;{path}&apos; any more.</source>
        <translation type="unfinished"></translation>
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
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a CT volume first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&apos;{mask}&apos; is chosen as both masks, and painting one would change the other: clone it in the Data module, and choose the clone as one of them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo: {step}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Redo: {step}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There are no artery masks yet: press Run, or choose some under Inputs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no calcification mask yet: press Run, or choose one under Inputs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>add {artery}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.run_control</name>
    <message>
        <source>{masks}: corrected by hand, or not made here. Running again makes new masks in their place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segment what is needed, then measure.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load a CT angiogram (Add Data, DICOM or Sample Data), or choose one under Inputs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TotalSegmentator has no weights for arteries here; choose another source of arteries.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the artery models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the artery masks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the calcification model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the calcification mask</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep as earlier version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Do not keep</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose {what} under Inputs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> and </source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.runner</name>
    <message>
        <source>Starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelled; the scene is as it was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>, about {time} left</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.segment_meanings</name>
    <message>
        <source>is not measured; it is …</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&apos;{segment}&apos; of &apos;{mask}&apos;</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.self_test</name>
    <message>
        <source>Done.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.state</name>
    <message>
        <source>The scene is being closed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Something is at work; wait for it, or cancel it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer the question first.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.territory_choice</name>
    <message>
        <source>{artery}: add a segment</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.totalsegmentator_view</name>
    <message>
        <source>Use &apos;{name}&apos;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TotalSegmentator has no weights for arteries here yet: run its module once (task total).</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.undo_stack</name>
    <message>
        <source>change of {segment}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tool}, {segment}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AbdominalCalcificationPanel.versions_view</name>
    <message>
        <source>Put aside {name}; {count} voxels changed, last by {editor}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restored; what it replaced is an earlier version now. Press Recompute.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete this version? {version}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arteries</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calcification</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put aside {name}; not made here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put aside {name}; as it was made.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Radiograph</name>
    <message>
        <source>Put these corrections onto their radiograph; what they replace stays as an earlier version.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recover</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete them from this computer&apos;s disk.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Discard</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Inputs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Radiograph:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lateral radiograph of the lumbar spine: a volume of a single slice, from DICOM, PNG or TIFF.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a radiograph</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Patient faces:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where in the image the front of the patient is. A wrong side takes the front for the back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tick this where the image is a negative of the usual one: it is inverted before it is scored.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bone is dark in the view</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pixel size:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Distance of rows and of columns in the patient&apos;s plane, in mm: one number for both, or two, as in 0.15 x 0.2. It goes before what the image says, and is kept with the image. The score does not depend on it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mm; empty: what the image says</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model folders:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folders of a model of vertebrae (nnU-Net v2, 2D), of one of the Kauppila score, or of both, separated by &apos;;&apos;. What is not named is bundled.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the bundled ones (simulated radiographs)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A checkpoint that holds more than weights can run any code on this computer. Needed for some model folders; not kept with the scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trust the chosen models&apos; checkpoints to run code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find the vertebrae, and score the aorta in front of L1 to L4.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End what is at work; the scene stays as it is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Score</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing scored yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Table by which the score has a degree of severity. None of them is validated for this program; hold the mouse over the score for its source.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kauppila score of each wall in front of each vertebra, 0 to 3, and how probable the model found it. Click on a score to see its region.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No deposits in the chosen part.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>0</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deposits along less than a third of the wall.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deposits along a third to less than two thirds of the wall.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deposits along two thirds of the wall or more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not assessable: the chosen part cannot be judged in this image. There is no sum then.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>–</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give the chosen part the score back that the model had given it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo the last correction.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the whole radiograph again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whole image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write score, vertebrae, picture and report into a folder, as the command line does.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave out of the result folder what tells who the patient is and who reads.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export without names</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A page for people, as PDF and HTML.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export a report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Notes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Corrections</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Vertebrae and walls</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every vertebra gets the name of the one above it: L2 becomes L1. Scores go with their vertebrae; a level in front of which nobody looked is not assessed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All one level up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every vertebra gets the name of the one below it: L1 becomes L2. Scores go with their vertebrae; a level in front of which nobody looked is not assessed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All one level down</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Vertebra that has a wrong name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>is</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What it is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give this one vertebra the other name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drag the points of the two curves onto the walls of the aorta. Lines, lengths and the places of deposits follow; scores stay, since the model has seen the image and no line: correct those that are wrong.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move walls</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put both walls back to where the model had them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Walls as model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Two readings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading that this one is compared with: the model&apos;s own, an earlier version, or a file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compare with the radiograph.json of another reader.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Both readings part by part; the difference is this one less the other.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CT of the same patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CT volume:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CT of the same patient, the one of the page CT; its masks are scored.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a CT volume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Vertebrae:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segmentation of the vertebrae on the CT: segments called L1, L2 and so on, or as TotalSegmentator calls them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a segmentation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Simulate the lateral radiograph of this CT, and score its masks on it by the same definition. The simulated radiograph becomes an image of the scene, its score a reading to compare with.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Score the CT</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
