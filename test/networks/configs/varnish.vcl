vcl 4.1;
backend vendor {
  .host = "127.0.0.1";
  .port = "@UPSTREAM@";
  # Longer than the longest silence of a thinking model; the default is 60 s.
  .first_byte_timeout = 600s;
  .between_bytes_timeout = 600s;
}
