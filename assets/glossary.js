/* The glossary: an address with #term shows that term, the field hides what does not hold its words, and a link to a term
   takes the view along, so that the way back has it still. */
(function () {
  "use strict";

  function entries() {
    return Array.prototype.slice.call(document.querySelectorAll(".glossary .entry"));
  }

  function show(hash) {
    var key = (hash || "").slice(1); // keys are plain words
    window.requestAnimationFrame(function () {
      entries().forEach(function (entry) {
        entry.classList.toggle("sought", entry.id === key);
      });
      var found = entries().filter(function (entry) {
        return entry.id === key;
      })[0];
      if (!found) {
        return;
      }
      if (found.hidden) {
        window.dash_clientside.set_props("glossary-seek", { value: "" });
        find("");
      }
      found.focus({ preventScroll: true });
      found.scrollIntoView({ block: "start", behavior: "instant" });
    });
    return window.dash_clientside.no_update;
  }

  function find(text) {
    var words = (text || "").toLowerCase().split(/\s+/).filter(Boolean);
    var all = entries();
    var kept = all.filter(function (entry) {
      var told = entry.textContent.toLowerCase();
      entry.hidden = !words.every(function (word) {
        return told.indexOf(word) >= 0;
      });
      document.querySelector('.glossary-contents [data-of="' + entry.id + '"]').hidden = entry.hidden;
      return !entry.hidden;
    });
    document.querySelectorAll(".glossary-group, .glossary-listed").forEach(function (group) {
      group.hidden = !group.querySelector(".entry:not([hidden]), li:not([hidden])");
    });
    var place = document.querySelector(".glossary");
    if (words.length && place.getBoundingClientRect().top < 0) {
      place.scrollIntoView({ block: "start", behavior: "instant" });
    }
    if (!words.length) {
      return all.length + " terms";
    }
    return kept.length ? kept.length + " of " + all.length + " terms" : "No term has these words.";
  }

  /* In the way of the link's own handler, which knows nothing of the view. */
  document.addEventListener(
    "click",
    function (event) {
      var link = event.target.closest && event.target.closest("a.term");
      var own = link && link.getAttribute("href").charAt(0) === "#";
      if (!link || own || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      var to = new URL(link.href);
      window.history.pushState({}, "", to.pathname + window.location.search + to.hash);
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
      window.scrollTo(0, 0);
    },
    true
  );

  window.dash_clientside = Object.assign({}, window.dash_clientside, { glossary: { show: show, find: find } });
})();
