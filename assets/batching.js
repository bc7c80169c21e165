/* One answer changes the page's state a hundred times over, and at each change Dash asks every component on the page whether it
   is concerned: most of the time that a choice takes. Here they are asked once of many changes, when Dash is at rest: so it has
   asked the server for all that it wants before the page is busy with being drawn. */
(function () {
  "use strict";
  var LONGEST_MS = 40; // that a change waits for rest
  var GONE_MS = 5000; // after which an element that was expected does not come any more

  /* Parts of the state that no component looks at. */
  var MACHINERY = { callbacks: true };

  /* While someone types, the field must have its new content before the key's event is over: else the caret jumps. */
  function typing() {
    return Boolean(window.event) && window.event.type === "input";
  }

  /* What waits for the page to hold what Dash knows of already. */
  var waiting = [];
  var due = false;

  function goOn() {
    waiting.splice(0).forEach(function (then) {
      then();
    });
  }

  function concerns(told, state) {
    return Object.keys(state).some(function (part) {
      return state[part] !== told[part] && !MACHINERY[part];
    });
  }

  function batched(store) {
    var subscribe = store.subscribe;
    var listeners = new Set();
    var told = store.getState();
    var hashes = told.layoutHashes;
    var changed = {};
    var changes = 0;

    /* Dash keeps of each component which properties its last change touched: here those of all changes since it was told. */
    function gather(state) {
      if (state.layoutHashes === hashes) {
        return;
      }
      Object.keys(state.layoutHashes).forEach(function (path) {
        var now = state.layoutHashes[path];
        if (now !== hashes[path]) {
          now.changedProps = changed[path] = Object.assign({}, changed[path], now.changedProps);
        }
      });
      hashes = state.layoutHashes;
    }

    function tell() {
      var state = store.getState();
      var concerned = concerns(told, state);
      due = false;
      changed = {};
      told = state;
      if (concerned) {
        Array.from(listeners).forEach(function (listener) {
          listener();
        });
      }
      window.setTimeout(goOn); // React draws at the end of this turn
    }

    /* Rest is a turn of the event loop without a change. */
    function rest(until) {
      var before = changes;
      window.setTimeout(function () {
        if (changes === before || performance.now() > until) {
          tell();
        } else {
          rest(until);
        }
      });
    }

    subscribe.call(store, function () {
      changes += 1;
      gather(store.getState());
      if (typing()) {
        tell();
      } else if (!due) {
        due = true;
        if (document.hidden) {
          queueMicrotask(tell); // its timers are slow
        } else {
          rest(performance.now() + LONGEST_MS);
        }
      }
    });
    store.subscribe = function (listener) {
      listeners.add(listener);
      return function () {
        listeners.delete(listener);
      };
    };
    return store;
  }

  function find(id, then, until) {
    var node = document.getElementById(id);
    if (node) {
      then(node);
    } else if (performance.now() < until) {
      window.requestAnimationFrame(function () {
        find(id, then, until);
      });
    }
  }

  window.regimePage = {
    /* Calls with the element of an id, once the page holds what Dash knows of: a callback in the browser may come before. Where
       the visitor has gone to another page by then, it does not call. */
    drawn: function (id, then) {
      var look = function () {
        find(id, then, performance.now() + GONE_MS);
      };
      if (due || waiting.length) {
        waiting.push(look);
      } else {
        look();
      }
    },
  };

  /* Dash puts its store here once its own machinery listens, and before the components do: only these are batched. */
  var stores = [];
  stores.push = function (store) {
    return Array.prototype.push.call(stores, batched(store));
  };
  window.dash_stores = stores;
})();
