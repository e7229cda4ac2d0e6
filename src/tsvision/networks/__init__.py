"""A timm model with its weights and where they came from; the device that computes, and in which precision."""

from tsvision.networks.backbones import Network, dividing, first_available, load, positions
from tsvision.networks.devices import PRECISIONS
from tsvision.networks.devices import name as device_name
