"""Deployments: named models with replicas, each of which is a job; what keeps so many of them alive."""
