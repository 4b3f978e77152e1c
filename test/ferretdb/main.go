// A MongoDB-compatible server for the tests of the MongoDB store, where no mongod can be had.
//
// Usage: ferretdb postgresql URL | sqlite FOLDER. Prints its address and serves until it is ended.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: ferretdb postgresql URL | sqlite FOLDER")
	}
	config := &ferretdb.Config{
		Listener: ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Handler:  os.Args[1],
	}
	if config.Handler == "sqlite" {
		config.SQLiteURL = "file:" + os.Args[2] + "/"
	} else {
		config.PostgreSQLURL = os.Args[2]
	}
	server, err := ferretdb.New(config)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { fmt.Println(server.MongoDBURI()) }()
	if err := server.Run(ctx); err != nil {
		log.Fatal(err)
	}
}
