// Goes on once the other sites' frames have loaded (or have had three seconds); the link does the same.
const onward = document.getElementById("onward").href;
const go = () => location.replace(onward);
window.addEventListener("load", go);
setTimeout(go, 3000);
