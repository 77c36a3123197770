// Applies the chosen theme before the first paint. A classic script, inserted by vite.config.ts.
;(function () {
  try {
    var theme = localStorage.getItem('satchel.theme')
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  } catch {
    // Without storage the theme of the system applies.
  }
})()
