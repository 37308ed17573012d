// The camera: opened after a tap, read frame by frame, closed as soon as it is not needed.

import { sha256 } from "./bytes.js";
import { within } from "./deadline.js";
import { framed, sized } from "./framing.js";
import { nextPicture } from "./pictures.js";
import { surface, toJpeg } from "./surface.js";

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
  TimeoutError: "no-answer",
};
// The camera's own pictures, which the browser is not to cut: an upright phone's are higher than wide.
const WANTED = {
  facingMode: "user",
  width: { ideal: 640 },
  height: { ideal: 480 },
  frameRate: { ideal: 30 },
  resizeMode: "none",
};

const stop = (stream) => stream?.getTracks().forEach((track) => track.stop());

export class Camera {
  #stream = null;
  #lost = null;
  #closed = false;

  // `sides` are those of the frames that the challenge asks for.
  constructor(video, sides) {
    this.video = video;
    this.sides = sides;
    ({ canvas: this.canvas, context: this.context } = surface(sides.width, sides.height));
    this.lost = new Promise((_, reject) => {
      this.#lost = reject;
    });
    this.lost.catch(() => {});
  }

  async open() {
    this.#stream = await this.#ask();
    if (this.#closed) {
      this.close(); // the person stopped it while it was opening
      throw new CameraProblem("lost");
    }
    this.track = this.#stream.getVideoTracks()[0];
    this.track.addEventListener("ended", () => this.close());
    document.addEventListener("visibilitychange", this.#whenHidden);
    this.video.srcObject = this.#stream;
    await this.#owed("picture", this.video.play()); // a camera lost while it starts aborts play()
    Object.assign(this.canvas, sized(framed(this.video.videoWidth, this.video.videoHeight), this.sides));
  }

  // A camera that is given after all is turned off at once.
  async #ask() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new CameraProblem(window.isSecureContext ? "no-camera" : "insecure");
    }
    const asked = navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
    try {
      return await within("permission", Promise.race([asked, this.lost]));
    } catch (error) {
      asked.then(stop, () => {});
      throw error instanceof CameraProblem ? error : new CameraProblem(SCREENS[error.name] ?? "busy");
    }
  }

  // What the camera owes is waited for until its time is over, or the camera is lost.
  async #owed(what, promise) {
    try {
      return await within(what, Promise.race([promise, this.lost]));
    } catch (error) {
      throw error instanceof CameraProblem ? error : new CameraProblem("no-picture");
    }
  }

  #whenHidden = () => document.hidden && this.close();

  // Whoever waits for a frame learns of it.
  close() {
    this.#closed = true;
    this.#lost(new CameraProblem("lost"));
    document.removeEventListener("visibilitychange", this.#whenHidden);
    stop(this.#stream);
    this.#stream = null;
    this.video.srcObject = null;
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  // The size is that of the pictures, which is not always what the track says of itself.
  describe() {
    const { frameRate, facingMode } = this.track.getSettings();
    const { videoWidth: width, videoHeight: height } = this.video;
    return { label: this.track.label, facing: facingMode ?? "", width, height, fps: frameRate ?? 0 };
  }

  // Resolves with the next picture's metadata; rejects when the camera is lost, or gives none.
  nextFrame() {
    return this.#owed("frame", nextPicture(this.video));
  }

  // Draws what the oval shows, unmirrored: as a frame, or over the whole of another surface.
  draw({ canvas, context } = this) {
    const { x, y, width, height } = framed(this.video.videoWidth, this.video.videoHeight);
    context.drawImage(this.video, x, y, width, height, 0, 0, canvas.width, canvas.height);
  }

  async jpeg() {
    const blob = await this.#owed("encoding", toJpeg(this.canvas, JPEG_QUALITY));
    const jpeg = new Uint8Array(await blob.arrayBuffer());
    return { jpeg, digest: await sha256(jpeg) };
  }

  // A small grey picture of the middle, where the face should be: {grey, width, height}.
  centre() {
    const [width, height] = [80, 80];
    const side = this.canvas.height * 0.6;
    const x = (this.canvas.width - side) / 2;
    const y = (this.canvas.height - side) / 2;
    const { context: small } = surface(width, height);
    small.drawImage(this.canvas, x, y, side, side, 0, 0, width, height);
    const { data } = small.getImageData(0, 0, width, height);
    const grey = new Float32Array(width * height);
    for (let i = 0; i < grey.length; i += 1) {
      grey[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
    }
    return { grey, width, height };
  }
}
