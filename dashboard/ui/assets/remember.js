// Keeps one choice of ours for the next session of this browser; name and value need no escaping.
export default function ({ data: [data] }) {
  document.cookie = `${data.name}=${data.value}; path=/; max-age=31536000; SameSite=Strict`;
}
