"""Reads an ONNX file as one of our definitions and the weights it begins with, to be trained further."""
