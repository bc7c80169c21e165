/* Sections below join the page shortly before they are scrolled to. */
(function () {
  "use strict";
  var MARGIN = "400px 0px";

  function domId(id) {
    return JSON.stringify(id, Object.keys(id).sort());
  }

  /* Whoever walks by Tab gets the next section with each step, so that there is always one to walk on to. */
  var waiting = [];
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Tab") {
      return;
    }
    waiting = waiting.filter(function (one) {
      return document.contains(one.room) && !one.seen;
    });
    if (waiting.length) {
      waiting[0].show();
    }
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    sight: {
      watch: function (_held, id) {
        var room = document.getElementById(domId(id));
        var one = {
          room: room,
          seen: false,
          show: function () {
            one.seen = true;
            watcher.disconnect();
            window.dash_clientside.set_props({ type: "later-seen", section: id.section }, { data: true });
          },
        };
        waiting.push(one);
        var watcher = new IntersectionObserver(
          function (entries) {
            if (
              entries.some(function (entry) {
                return entry.isIntersecting;
              })
            ) {
              one.show();
            }
          },
          { rootMargin: MARGIN }
        );
        watcher.observe(room);
        return window.dash_clientside.no_update;
      },
      show: function (seen, held) {
        var none = window.dash_clientside.no_update;
        return seen ? [held, null, null, null] : [none, none, none, none];
      },
    },
  });
})();
