// Byte strings as the protocol writes them.

export const utf8 = (text) => new TextEncoder().encode(text);

export function toB64u(data) {
  let binary = "";
  for (const byte of new Uint8Array(data)) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromB64u(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));

export function wipe(...arrays) {
  for (const array of arrays) {
    array?.fill(0);
  }
}
