"""Tests of antrean."""
