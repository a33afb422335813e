"""The engines that read an image, behind one Protocol."""
