"""System 2: calcification of the abdominal aorta on a lateral lumbar radiograph, as the Kauppila score."""
