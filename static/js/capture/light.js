// The light of a light cue: the screen's colour around the person's picture, or none.

export function glow(colour) {
  const light = document.getElementById("glow");
  light.hidden = !colour;
  light.style.backgroundColor = colour ?? "";
}
