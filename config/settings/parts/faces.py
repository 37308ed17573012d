"""Which network describes faces: sface, dlib_onnx, dlib, or onnx for one of your own (docs/engines.md)."""

from config.settings.given import given

FACE_ENGINE = given.face_engine
FACE_MODEL = {
    "path": given.face_model,
    "sha256": given.face_model_sha256,
    "crop": given.face_model_crop,
    "layout": given.face_model_layout,
    "colours": given.face_model_colours,
    "mean": given.face_model_mean,
    "divisor": given.face_model_divisor,
}
MODEL_CACHE = given.model_cache
