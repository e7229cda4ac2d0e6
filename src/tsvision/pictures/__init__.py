"""Series to pictures, whole batches on any device: fields are numbers in [-1, 1], images have three channels."""

from tsvision.pictures.colours import FLOAT_FIELD, channel_statistics, image
from tsvision.pictures.encoders import ENCODINGS, encode, few
from tsvision.pictures.originals import frame, plot_side
from tsvision.pictures.views import Picture
