// Squares of a picture, as the networks see them: turned, resized, and with the light evened.

// A square of a picture: its middle and side in pixels of the picture, and its turn in radians, clockwise.
export function squareAround(points, turn, around) {
  const [low, high] = bounds(points);
  const side = around * Math.max(high[0] - low[0], high[1] - low[1], 1);
  return { x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2, side, turn };
}

export function bounds(points) {
  const column = (axis) => points.map((point) => point[axis]);
  return [
    [Math.min(...column(0)), Math.min(...column(1))],
    [Math.max(...column(0)), Math.max(...column(1))],
  ];
}

// From a place in the square, 0 to 1 each way, to the picture's pixels.
export function placed(square, u, v) {
  const [across, down] = [(u - 0.5) * square.side, (v - 0.5) * square.side];
  const [cos, sin] = [Math.cos(square.turn), Math.sin(square.turn)];
  return [square.x + across * cos - down * sin, square.y + across * sin + down * cos];
}

// The square as side × side pixels of RGB; black where it lies outside the picture.
export function cut(picture, square, side) {
  const bytes = new Uint8Array(side * side * 3);
  const [x, y] = placed(square, 0.5 / side, 0.5 / side);
  const step = square.side / side;
  const [right, down] = [step * Math.cos(square.turn), step * Math.sin(square.turn)];
  for (let row = 0, at = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1, at += 3) {
      between(picture, x + column * right - row * down - 0.5, y + column * down + row * right - 0.5, bytes, at);
    }
  }
  return evened(bytes, side);
}

// The colour at a place between four pixels.
function between({ data, width, height }, x, y, bytes, at) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  if (left < 0 || top < 0 || left >= width - 1 || top >= height - 1) {
    return;
  }
  const [a, b] = [x - left, y - top];
  const [first, below] = [4 * (top * width + left), 4 * ((top + 1) * width + left)];
  for (let colour = 0; colour < 3; colour += 1) {
    const upper = data[first + colour] * (1 - a) + data[first + 4 + colour] * a;
    const lower = data[below + colour] * (1 - a) + data[below + 4 + colour] * a;
    bytes[at + colour] = upper * (1 - b) + lower * b + 0.5;
  }
}

// As authsvc/biometrics/engines/exposure.py: each colour as in a face in good light, unless it is near that.
const LEVELS = [150, 115, 90];
const GOOD = 1.5;
const MOST = 10;

function evened(bytes, side) {
  const gains = means(bytes, side).map((mean, colour) => {
    const gain = LEVELS[colour] / Math.max(mean, 1);
    return Math.min(MOST, Math.max(1 / MOST, gain));
  });
  if (Math.min(...gains) >= 1 / GOOD && Math.max(...gains) <= GOOD) {
    return bytes;
  }
  return bytes.map((value, at) => Math.min(255, value * gains[at % 3] + 0.5));
}

// Of each colour, over the inner half of the square each way.
function means(bytes, side) {
  const sums = [0, 0, 0];
  const [from, to] = [side / 4, side - side / 4];
  for (let row = from; row < to; row += 1) {
    for (let at = 3 * (row * side + from); at < 3 * (row * side + to); at += 1) {
      sums[at % 3] += bytes[at];
    }
  }
  return sums.map((sum) => sum / (to - from) ** 2);
}
