// Before the first paint: light or dark, as the system says. A file of its own, because no script of the page is inline.
document.documentElement.setAttribute(
  'data-mantine-color-scheme',
  matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
);
