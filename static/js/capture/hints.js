// Live hints, in the order in which they help, of them those from simple statistics of the picture's middle. They help the person; the server judges.

const DARK = 55;
const BRIGHT = 215;
const BLURRED = 12;

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

// Variance of the Laplacian: small where nothing in the picture has an edge.
export function sharpness({ grey, width, height }) {
  const response = [];
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      response.push(grey[i - 1] + grey[i + 1] + grey[i - width] + grey[i + width] - 4 * grey[i]);
    }
  }
  const average = mean(response);
  return mean(response.map((value) => (value - average) ** 2));
}

// What would help first: light, then `placed`, what would place the face better, then a steady hand; or nothing.
export function liveHint(picture, placed = null) {
  const brightness = mean(picture.grey);
  if (brightness < DARK) {
    return "dark";
  }
  if (brightness > BRIGHT) {
    return "bright";
  }
  return placed ?? (sharpness(picture) < BLURRED ? "blurred" : null);
}
