// The worker in which a face is followed. It is served with a policy of its own, which lets WebAssembly run
// there and on no page (authsvc/capture/page.py), and so from an address that knows no other script's.

addEventListener("message", ({ data }) => import(data.script).then(({ begin }) => begin(data)), { once: true });
