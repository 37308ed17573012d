// Sends the answer on as soon as the page is there; the button does the same without scripts.
document.getElementById("answer").submit();
