"""Metrics on their way to where people already look: TensorBoard's event files, MLflow. They delay nothing here."""
