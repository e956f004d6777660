"""The same patient by CT: the simulated radiograph of a CT, and the Kauppila score of its masks."""
