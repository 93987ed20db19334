// Node is a chain node of the smallest kind: it reads messages from standard input, one a line,
// puts them into blocks of ten, and has headstart execute them. Its store is in memory alone.
//
//	headstart run --data D --socket D.sock --kernel kernel.json --chain-id example &
//	node D.sock < messages.jsonl
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"time"

	headstart "headstart/client"
	"headstart/client/memory"
)

type node struct {
	client *headstart.Client
	store  *memory.Store
	height uint64
}

// transaction has one message executed ("": a run), and keeps what it wrote. A node whose own rules
// say that the transaction failed would roll back instead, and tell nobody.
func (n *node) transaction(message string) {
	n.store.Begin()
	d := headstart.Delivery{Height: n.height, Time: n.time(), Message: message}
	answer, err := n.client.Deliver(context.Background(), d, n.store)
	for headstart.Temporary(err) { // nothing happened: the same again, as long as it takes
		time.Sleep(100 * time.Millisecond)
		answer, err = n.client.Deliver(context.Background(), d, n.store)
	}
	if err != nil {
		log.Fatal(err)
	}
	n.store.Apply(answer.Writes)
	n.store.Commit()
	fmt.Println(n.height, answer.Position.Seqnum, answer.Status, answer.Value)
}

func (n *node) time() uint64 { return 1700000000 + n.height }

func (n *node) block(messages []string) {
	n.height++
	n.store.Begin()
	for _, message := range messages {
		n.transaction(message)
	}
	for must(headstart.RunIsDue(n.store, n.time())) { // a real chain has a budget for these
		n.transaction("")
	}
	n.store.Commit()
	at := must(headstart.PositionOf(n.store))
	_ = n.client.Commit(context.Background(), n.height, &at) // a notice; it may get lost
}

func main() {
	n := &node{store: memory.New(), client: must(headstart.New(headstart.Options{
		Socket: os.Args[1], ChainID: "example", Client: "example node",
		OnProgress: func(p headstart.Progress) { log.Println(p.Phase, p.Done, "of", p.Total) },
	}))}
	must(n.client.Attach(context.Background(), n.height, n.store))
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<25)
	var messages []string
	for lines.Scan() {
		if messages = append(messages, lines.Text()); len(messages) == 10 {
			n.block(messages)
			messages = nil
		}
	}
	n.block(messages)
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
