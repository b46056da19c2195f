"""What stands around an exported model where it is served.

`files` is what a server reads beside the graph, `formats` brings generators to
other runtimes. `rest` is the protocol of TensorFlow Serving's REST interface as
functions, `server` serves a SavedModel and the page that explores z, `client`
asks a server. None of them is loaded with `tf_gans`, and none needs more than
the standard library, NumPy and, to run a model, TensorFlow.
"""
