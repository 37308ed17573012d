// What a picture is drawn on: off the screen where the browser can, else on a canvas that is never shown.

export function surface(width, height) {
  const canvas = offScreen(width, height) ?? Object.assign(document.createElement("canvas"), { width, height });
  return { canvas, context: canvas.getContext("2d", { willReadFrequently: true }) };
}

// Some browsers have the class and cannot draw on it.
function offScreen(width, height) {
  const canvas = window.OffscreenCanvas && new OffscreenCanvas(width, height);
  return canvas && canvas.getContext("2d", { willReadFrequently: true }) ? canvas : null;
}

export function toJpeg(canvas, quality) {
  if (canvas.convertToBlob) {
    return canvas.convertToBlob({ type: "image/jpeg", quality });
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", quality);
  });
}

const MARK = [40, 120, 200];
const NEAR = 12;

// Whether what is drawn can be read back: some browsers give pages another picture than they drew.
export function readsTrue() {
  const { context } = surface(8, 8);
  context.fillStyle = `rgb(${MARK})`;
  context.fillRect(0, 0, 8, 8);
  const { data } = context.getImageData(0, 0, 8, 8);
  return data.every((value, index) => index % 4 === 3 || Math.abs(value - MARK[index % 4]) <= NEAR);
}
