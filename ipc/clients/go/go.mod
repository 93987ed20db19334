module headstart/client

go 1.23.2
