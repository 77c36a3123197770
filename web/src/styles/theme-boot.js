// Owns setting the chosen theme before the first paint. Refuses imports and anything that can throw.
;(function () {
  try {
    var theme = localStorage.getItem('satchel.theme')
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  } catch {
    // Storage may be forbidden; the system's theme is a fine answer.
  }
})()
