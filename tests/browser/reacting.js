// Stands for the camera of the page under test: a head that does what the page asks for, as people do, a
// moment later and gradually. `window.giveHead` takes the pictures, each with the pose that it shows.

(() => {
  const REACTION_MS = 250;
  const MOVE_MS = 400;
  const AT = { left: [1, 0], right: [-1, 0], nearer: [0, 1], farther: [0, -1] };
  let pictures = [];

  window.giveHead = async (given) => {
    const decode = ({ jpeg }) => createImageBitmap(new Blob([Uint8Array.from(atob(jpeg), (c) => c.charCodeAt(0))]));
    const images = await Promise.all(given.map(decode));
    pictures = given.map(({ pose }, index) => ({ pose, image: images[index] }));
  };

  const apart = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]);
  const nearest = (pose) =>
    pictures.reduce((best, each) => (apart(each.pose, pose) < apart(best.pose, pose) ? each : best));

  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const context = canvas.getContext("2d");
    const screen = document.querySelector('[data-screen="live"]');
    let [cue, from, to, since] = ["", [0, 0], [0, 0], 0];
    const pose = (now) => {
      const part = Math.min(1, Math.max(0, (now - since - REACTION_MS) / MOVE_MS));
      return from.map((value, axis) => value + (to[axis] - value) * part);
    };
    const draw = () => {
      const now = performance.now();
      if ((screen.dataset.cue ?? "") !== cue) {
        [from, cue, since] = [pose(now), screen.dataset.cue ?? "", now];
        to = AT[cue] ?? [0, 0];
      }
      context.drawImage(nearest(window.cameraShows ?? pose(now)).image, 0, 0);
    };
    draw();
    setInterval(draw, 33);
    return canvas.captureStream(30);
  };
})();
