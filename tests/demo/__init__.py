"""The main job from end to end, narrated: what `make demo` plays."""
