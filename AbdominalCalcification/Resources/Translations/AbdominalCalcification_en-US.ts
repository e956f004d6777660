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
    <name>AbdominalCalcificationPanel.export_control</name>
    <message>
        <source>Folder for the result folder</source>
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
    <name>AbdominalCalcificationPanel.result_rows</name>
    <message>
        <source>Group: {name}. Groups begin at {cuts}; our choice, not related to outcomes.</source>
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
        <source>Artery</source>
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
        <source>Centre, in patient coordinates (RAS).</source>
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
    <name>AbdominalCalcificationPanel.run_control</name>
    <message>
        <source>{masks}: corrected by hand, or not made here. Running again would replace this work.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segment what is needed, then measure.</source>
        <translation type="unfinished"></translation>
    </message>
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
        <source>Keep, make new masks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Replace</source>
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
</TS>
