"""Patch ks-installer images, prove the result, and watch the installation."""

__version__ = "0.1.0"
