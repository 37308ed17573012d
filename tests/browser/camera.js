// Stands for the camera of the page under test: plays pictures that the test gives, from the first cue on.

(() => {
  let pictures = null;

  window.giveCamera = async (given) => {
    const decode = ({ jpeg }) => createImageBitmap(new Blob([Uint8Array.from(atob(jpeg), (c) => c.charCodeAt(0))]));
    const images = await Promise.all(given.map(decode));
    pictures = given.map(({ t }, index) => ({ t, image: images[index] }));
  };

  const until = async (holds) => {
    while (!holds()) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  navigator.mediaDevices.getUserMedia = async () => {
    await until(() => pictures);
    // The middle of a picture of 640×480, enlarged until it fills the stream.
    const { width, height, zoom } = window.cameraLooks ?? { width: 640, height: 480, zoom: 1 };
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    const scale = zoom * Math.max(width / 640, height / 480);
    context.setTransform(scale, 0, 0, scale, (width - 640 * scale) / 2, (height - 480 * scale) / 2);
    const screen = document.querySelector('[data-screen="live"]');
    let begun = null;
    const draw = () => {
      const now = performance.now();
      begun = screen.dataset.cue ? (begun ?? now) : null;
      const t = begun === null ? 0 : now - begun;
      const shown = pictures.findLast((picture) => picture.t <= t) ?? pictures[0];
      context.drawImage(shown.image, 0, 0);
    };
    draw();
    const timer = setInterval(draw, 33);
    const stream = canvas.captureStream(30);
    const [track] = stream.getVideoTracks();
    const stop = track.stop.bind(track);
    track.stop = () => {
      clearInterval(timer);
      pictures = null;
      stop();
    };
    return stream;
  };
})();
