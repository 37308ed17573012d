// The one rule for what is shown and sent of a camera's picture (docs/protocol.md section 3): the largest
// upright part of 3:4 in its middle, which is what the oval shows (.stage in css/capture.css).

export const SHAPE = { width: 3, height: 4 };

// That part of a picture, in the picture's pixels.
export function framed(width, height) {
  const unit = Math.min(width / SHAPE.width, height / SHAPE.height);
  const part = { width: SHAPE.width * unit, height: SHAPE.height * unit };
  return { x: (width - part.width) / 2, y: (height - part.height) / 2, ...part };
}

// The size of a frame that shows this part: its own pixels, as far as the sides of the challenge allow.
export function sized(part, { width, height }) {
  const [least, most] = [Math.min(width, height), Math.max(width, height)];
  const rows = Math.round(Math.min(most, Math.max(least, part.height)));
  return { width: Math.round((rows * SHAPE.width) / SHAPE.height), height: rows };
}
