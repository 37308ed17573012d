// One face from picture to picture: found by the detector, then followed by its points alone.

// Every so many looks the whole picture is searched again: somebody else may have come into it.
const LOOK_AROUND = 6;

export class Follower {
  #points = null;
  #faces = 0;
  #turn = 0;

  constructor(detector, mesh) {
    this.detector = detector;
    this.mesh = mesh;
  }

  // How many faces a picture shows, and the points of the one that is followed, or null.
  async look(picture) {
    let points = this.#points && (await this.mesh.near(this.#points, picture));
    if (!points || this.#turn % LOOK_AROUND === 0) {
      const faces = await this.detector.faces(picture);
      this.#faces = faces.length;
      points ??= faces.length ? await this.mesh.near(faces[0], picture) : null;
    }
    this.#turn += 1;
    this.#points = points;
    return { faces: points ? Math.max(this.#faces, 1) : 0, points };
  }
}
