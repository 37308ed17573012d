// How alike two faces are, by the server's own rule (authsvc/biometrics/types.py, fuse): pure.

const length = (vector) => Math.hypot(...vector);

export function unit(vector) {
  const whole = length(vector);
  return vector.map((value) => value / whole);
}

// The mean of unit vectors, divided by the square root of its length: several pictures as one.
export function fused(vectors) {
  const mean = vectors[0].map((_, at) => vectors.reduce((sum, vector) => sum + vector[at], 0) / vectors.length);
  const root = Math.sqrt(length(mean));
  return root > 0 ? mean.map((value) => value / root) : mean;
}

// The product of a probe with the reference, which is fused already. Not a number where they are no pair.
export function score(vectors, reference) {
  if (vectors.length === 0 || vectors.some((vector) => vector.length !== reference.length)) {
    return NaN;
  }
  const probe = fused(vectors.map((vector) => unit(Float64Array.from(vector))));
  return probe.reduce((sum, value, at) => sum + value * reference[at], 0);
}
