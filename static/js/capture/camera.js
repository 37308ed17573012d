// The camera: opened after a tap, read frame by frame, closed as soon as it is not needed.

import { sha256 } from "./bytes.js";

const JPEG_QUALITY = 0.85;

export class CameraProblem extends Error {
  constructor(screen) {
    super(screen);
    this.screen = screen;
  }
}

const SCREENS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "no-camera",
  OverconstrainedError: "no-camera",
  NotReadableError: "busy",
  AbortError: "busy",
};

export class Camera {
  #stream = null;
  #lost = null;
  #closed = false;

  constructor(video, { width, height }) {
    this.video = video;
    this.canvas = new OffscreenCanvas(width, height);
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.lost = new Promise((_, reject) => {
      this.#lost = reject;
    });
    this.lost.catch(() => {});
  }

  async open() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new CameraProblem("insecure");
    }
    const wanted = { facingMode: "user", width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    } catch (error) {
      throw new CameraProblem(SCREENS[error.name] ?? "busy");
    }
    if (this.#closed) {
      this.close(); // the person stopped it while it was opening
      throw new CameraProblem("lost");
    }
    this.track = this.#stream.getVideoTracks()[0];
    this.track.addEventListener("ended", () => this.close());
    document.addEventListener("visibilitychange", this.#whenHidden);
    this.video.srcObject = this.#stream;
    await Promise.race([this.video.play(), this.lost]); // a camera lost while it starts aborts play()
  }

  #whenHidden = () => document.hidden && this.close();

  // Whoever waits for a frame learns of it.
  close() {
    this.#closed = true;
    this.#lost(new CameraProblem("lost"));
    document.removeEventListener("visibilitychange", this.#whenHidden);
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.video.srcObject = null;
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  describe() {
    const { width, height, frameRate, facingMode } = this.track.getSettings();
    return { label: this.track.label, facing: facingMode ?? "", width, height, fps: frameRate ?? 0 };
  }

  // Resolves with the next video frame's metadata, or rejects when the camera is lost.
  nextFrame() {
    const frame = new Promise((resolve) => {
      this.video.requestVideoFrameCallback((now, metadata) => resolve({ now, ...metadata }));
    });
    return Promise.race([frame, this.lost]);
  }

  // Draws what the camera sees, unmirrored, cut to the wanted shape without distortion.
  draw() {
    const { videoWidth, videoHeight } = this.video;
    const { width, height } = this.canvas;
    const scale = Math.min(videoWidth / width, videoHeight / height);
    const [w, h] = [width * scale, height * scale];
    this.context.drawImage(this.video, (videoWidth - w) / 2, (videoHeight - h) / 2, w, h, 0, 0, width, height);
  }

  async jpeg() {
    const blob = await this.canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY });
    const jpeg = new Uint8Array(await blob.arrayBuffer());
    return { jpeg, digest: await sha256(jpeg) };
  }

  // A small grey picture of the middle, where the face should be: {grey, width, height}.
  centre() {
    const [width, height] = [80, 80];
    const side = this.canvas.height * 0.6;
    const x = (this.canvas.width - side) / 2;
    const y = (this.canvas.height - side) / 2;
    const small = new OffscreenCanvas(width, height).getContext("2d");
    small.drawImage(this.canvas, x, y, side, side, 0, 0, width, height);
    const { data } = small.getImageData(0, 0, width, height);
    const grey = new Float32Array(width * height);
    for (let i = 0; i < grey.length; i += 1) {
      grey[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
    }
    return { grey, width, height };
  }
}
