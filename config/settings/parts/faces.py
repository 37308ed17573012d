"""What finds faces, and which network describes them (docs/engines.md)."""

from config.settings.given import given

FACE_ENGINE = given.face_engine
FACE_FINDER = given.face_finder
MODELS = given.models
PASSIVE_LIVENESS = given.passive_liveness
FACE_MODEL = {
    "path": given.face_model,
    "sha256": given.face_model_sha256,
    "crop": given.face_model_crop,
    "layout": given.face_model_layout,
    "colours": given.face_model_colours,
    "mean": given.face_model_mean,
    "divisor": given.face_model_divisor,
    "apart": given.face_model_apart,
}
MODEL_CACHE = given.model_cache
