// Folding, search and keys on top of a page that is complete without them.
"use strict";
(() => {
document.documentElement.classList.add("js");
})();
