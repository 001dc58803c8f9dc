"""Makes the nodes of synthmark known to ComfyUI: copy this file into ComfyUI's folder ``custom_nodes``.

synthmark has to be installed in the Python that runs ComfyUI, and ``synthmark.toml`` to lie in the folder where
ComfyUI is started; ``synthmark init`` writes one.
"""

from synthmark.integrations.comfyui import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]
