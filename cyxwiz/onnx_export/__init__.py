"""Writes a trained model as an ONNX file: one small function for each kind of layer, from `model.json` and weights."""
