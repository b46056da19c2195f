"""Exported models over HTTP: the protocol, a server, a client, and a page.

`rest` is the protocol of TensorFlow Serving's REST interface as functions,
`server` serves a SavedModel and the page that explores z, `client` asks a
server. None of them is loaded with `tf_gans`, and none needs more than the
standard library, NumPy and, to run a model, TensorFlow.
"""
